import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT_CODE } from '../../src/base/errors.ts'
import { unnamedSecrets } from './errors.ts'
import type { Figure, Form } from './figure.ts'
import { RealHome } from './real-home.ts'
import { missing, STRACE } from './tools.ts'

/** System calls that only jit's own work makes; failing those of Node's start would say nothing. */
const CALLS = ['rename', 'link', 'unlink', 'fsync', 'fchmod', 'pwrite64'] as const
const CODES = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE'] as const

const WIPE_FAILED = EXIT_CODE.WIPE_FAILED

type Tally = { count: number; readonly found: string[] }

/** R4, from outside: the kernel's answers to the built program are exchanged by strace. */
export async function errorsOutside(form: Form): Promise<readonly Figure[]> {
  const figure = { row: 'R4', what: 'the same from outside: strace into the built `jit sweep`' }
  const notRun = missing(STRACE)
  const tally: Tally = { count: 0, found: [] }
  const least = form === 'long' ? 100 : 5
  if (notRun !== undefined) return [{ ...figure, least, ...tally, notRun }]
  for (const [index, call] of CALLS.entries()) {
    const codes = form === 'long' ? CODES : CODES.slice(index % CODES.length, (index % CODES.length) + 1)
    for (const code of codes)
      for (let when = 1; ; when++) if (!(await inject(tally, call, code, `${when}`)) || form === 'short') break
    if (form === 'long') for (const code of codes) await inject(tally, call, code, '1+')
  }
  return [{ ...figure, least, ...tally }]
}

/** Whether the fault was met; then it is in the trace. */
async function inject(tally: Tally, call: string, code: string, when: string): Promise<boolean> {
  using at = new RealHome()
  await at.elevate(1)
  const trace = join(at.files.root, 'trace')
  const options = ['-f', '-qq', '-o', trace, '-e', `trace=${call}`, '-e', `inject=${call}:error=${code}:when=${when}`]
  const { status, stderr } = at.jit(['sweep'], ['strace', ...options])
  if (!readFileSync(trace, 'utf8').includes('INJECTED')) return false
  tally.count++
  const found = [
    ...(at.holdsSecret() && status === 0 ? ['exit 0 with a secret left'] : []),
    ...(status === 0 || status === WIPE_FAILED ? [] : [`exit ${status}: ${stderr}`]),
    ...(/\n\s+at .*:\d+:\d+/.test(stderr) ? [`a stack instead of a sentence: ${stderr}`] : []),
    ...unnamedSecrets(at.files, at.leasing()),
    ...(await at.afterSweep()),
  ]
  if (found.length > 0) tally.found.push(`${code} at ${call} ${when}: ${found.join('; ')}`)
  return true
}
