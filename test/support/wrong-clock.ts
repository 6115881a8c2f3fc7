import { execFileSync, spawnSync } from 'node:child_process'

export const hasFaketime = spawnSync('faketime', ['--version']).status === 0

/** Environment in which a program sees the time `offset` away, e.g. `+10m`: what faketime(1) itself would set, without its process. */
export function wrongClock(offset: string): Readonly<Record<string, string>> {
  const text = execFileSync('faketime', ['-f', offset, 'env'], { encoding: 'utf8' })
  const entries = text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^(LD_PRELOAD|FAKETIME)=(.*)$/.exec(line) ?? []
    return name === '' ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}
