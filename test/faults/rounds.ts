import { leasingIn, SECRETS } from '../support/aws-lease.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { startJob } from '../support/run-process.ts'
import { TempHome } from '../support/temp-home.ts'
import type { Figure, Form } from './figure.ts'
import { setSlowly } from './foreign-writer.ts'
import { missing, STRACE } from './tools.ts'

const DAY_MS = 86_400_000
const PROCESSES = 16
const ROUNDS: Readonly<Record<Form, number>> = { short: 2, long: 72 }
const ORIGINAL = '[default]\naws_access_key_id = A\naws_secret_access_key = B\n'
const WORK = '[profile work]\nregion = a\n'

/** R6. Many processes elevate and revoke while a program that knows no lock writes the same file, slowly. */
export async function rounds(form: Form): Promise<readonly Figure[]> {
  const least = PROCESSES * ROUNDS[form]
  const what = (edits: number): string =>
    `elevate and revoke in ${PROCESSES} processes beside ${edits} slow \`aws configure set\``
  const notRun = missing(STRACE, ['aws', '--version'])
  if (notRun !== undefined) return [{ row: 'R6', what: what(0), count: 0, least, found: [], notRun }]
  using home = new TempHome()
  home.put(ORIGINAL + WORK)
  const jobs = Array.from({ length: PROCESSES }, (_none, index) => startRounds(home, `p${index}`, ROUNDS[form]))
  const all = Promise.all(jobs.map((job) => job.end()))
  const { edits, fast } = await editUntil(home, all)
  const said = (await all).flat()
  const last = leasingIn(home, new FakeClock(Date.now() + DAY_MS))
  await last.sweep() // as a reaper would, once their time is up
  const unfinished = said.filter((line) => line !== 'done').length
  const found = [
    ...last.list().map(({ id, lastError }) => `stuck: ${id} ${lastError}`),
    ...(said.filter((line) => line === 'done').length === PROCESSES ? [] : ['a process did not come to its end']),
    ...(edits > 0 && fast === 0 ? [] : [`${fast} of ${edits} foreign edits were not slowed down`]),
    ...(home.text() === wanted(edits) ? [] : [`the file differs: ${JSON.stringify(home.text())}`]),
    ...home.filesHolding(...SECRETS).map((file) => `secret in ${file}`),
    ...(home.names().join() === '.aws,.aws/credentials' ? [] : [`names ${home.names().join()}`]),
  ]
  return [{ row: 'R6', what: what(edits), count: least - unfinished, least: Math.ceil(least * 0.8), found }]
}

const startRounds = (home: TempHome, id: string, rounds: number) =>
  startJob({ home: home.home, stateDir: home.stateDir, do: 'rounds', id, target: id, rounds })

/** Foreign edits, one after the other, for as long as jit is at work. */
async function editUntil(home: TempHome, end: Promise<unknown>): Promise<{ edits: number; fast: number }> {
  const stop = new AbortController()
  void end.finally(() => stop.abort())
  let edits = 0
  let fast = 0
  while (!stop.signal.aborted) {
    const { wasSlow } = await setSlowly(home, `key${++edits}`, `value${edits}`)
    if (!wasSlow) fast++
  }
  return { edits, fast }
}

const wanted = (edits: number): string =>
  ORIGINAL + WORK + Array.from({ length: edits }, (_none, index) => `key${index + 1} = value${index + 1}\n`).join('')
