import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

const CLIENTS = ['aws', 'gcloud', 'az', 'kubectl'] as const

/** Looks along PATH; starts nothing. */
export const clientCheck = (isOnPath: (program: string) => boolean, platform: NodeJS.Platform): Check => ({
  name: 'clients',
  look: async () => {
    if (platform === 'win32') return [ok('Not looked for on Windows, which finds programs in its own way.')]
    const there = CLIENTS.filter(isOnPath)
    const missing = CLIENTS.filter((each) => !there.includes(each))
    return [
      ...(there.length === 0 ? [] : [ok(`On PATH: ${there.join(', ')}.`)]),
      ...(missing.length === 0
        ? []
        : [note(`Not on PATH: ${missing.join(', ')}. SDKs and other tools find credentials without them.`)]),
    ]
  },
})
