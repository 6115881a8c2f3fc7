import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Process ids of the reapers that work for what lies below `home`. Linux; elsewhere none is found. */
export const reapersOf = (home: string): readonly number[] =>
  (existsSync('/proc') ? readdirSync('/proc') : [])
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => isReaperOf(id, home))
    .map(Number)

function isReaperOf(id: string, home: string): boolean {
  try {
    const [, ...args] = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0')
    if (args.find((arg) => !arg.startsWith('-') && !arg.endsWith('jit.js')) !== 'reap') return false
    return readFileSync(`/proc/${id}/environ`, 'utf8').includes(`JIT_STATE_DIR=${home}/`)
  } catch {
    return false // gone meanwhile
  }
}

/** SIGKILL: they get no chance to tidy up. */
export function killReapersOf(home: string): readonly number[] {
  const ids = reapersOf(home)
  for (const id of ids) process.kill(id, 'SIGKILL')
  return ids
}
