import { refuseSkew } from '../../base/clock-skew.ts'
import type { Probe } from './endpoint.ts'
import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

/** From here on people would wonder about the times that jit shows. The endpoint's `Date` is whole seconds. */
const NOTICEABLE_MS = 10_000

export const clockCheck = (probe: () => Promise<Probe>, platform: NodeJS.Platform): Check => ({
  name: 'clock',
  look: async () => {
    const found = await probe()
    const offset = found.kind === 'unknown' ? undefined : found.offsetMs
    if (offset === undefined) return [note('Not compared with any other: no endpoint answered.')]
    refuseSkew(offset, platform)
    const seconds = Math.round(Math.abs(offset) / 1000)
    if (Math.abs(offset) < NOTICEABLE_MS) return [ok("It agrees with the endpoint's.")]
    return [note(`It is ${seconds} seconds ${offset > 0 ? 'ahead of' : 'behind'} the endpoint's; jit allows for that.`)]
  },
})
