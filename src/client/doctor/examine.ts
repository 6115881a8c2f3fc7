import { errnoOf } from '../../base/errno.ts'
import { JitError, reasonOf } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { problemOf } from './finding.ts'
import type { Check, Finding } from './types.ts'

export type Report = { readonly check: string; readonly findings: readonly Finding[] }

/** The key store has three seconds for itself; the whole shall be there in five. */
const LIMIT_MS = 4500

/** Looks at everything at once; the order of the reports is that of the checks. `tell` hears what is still being looked at. */
export async function examine(
  checks: readonly Check[],
  clock: Pick<Clock, 'sleep'>,
  tell: (waitingFor: readonly string[]) => void,
): Promise<readonly Report[]> {
  const waiting = new Set(checks.map(({ name }) => name))
  tell([...waiting])
  return Promise.all(
    checks.map(async (check) => {
      const findings = await lookAt(check, clock)
      waiting.delete(check.name)
      if (waiting.size > 0) tell([...waiting])
      return { check: check.name, findings }
    }),
  )
}

async function lookAt(check: Check, clock: Pick<Clock, 'sleep'>): Promise<readonly Finding[]> {
  const done = new AbortController()
  const late = clock.sleep(LIMIT_MS, done.signal).then(() => tooLate)
  try {
    return await Promise.race([look(check), late])
  } finally {
    done.abort()
  }
}

const tooLate: readonly Finding[] = [
  {
    level: 'problem',
    code: 'LOCKED',
    says: `No answer within ${LIMIT_MS / 1000} seconds.`,
    mend: 'Try again: jit doctor',
  },
]

async function look({ look }: Check): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof JitError) return [problemOf(error)]
    if (errnoOf(error) === undefined) throw error // a bug
    return [{ level: 'problem', code: 'FILE_UNREADABLE', says: `${reasonOf(error)}.` }]
  }
}

export type Mended = {
  readonly reports: readonly Report[]
  readonly mended: readonly { check: string; says: string }[]
}

/** Does what can be done about the findings, one after the other, and looks again. What could not be mended says why. */
export async function mend(
  checks: readonly Check[],
  reports: readonly Report[],
  clock: Pick<Clock, 'sleep'>,
): Promise<Mended> {
  const after: Report[] = []
  const mended: Mended['mended'][number][] = []
  for (const report of reports) {
    const tried = await Promise.all(report.findings.filter(isMendable).map(repair))
    const check = checks.find(({ name }) => name === report.check)
    const failed = tried.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
    const again = tried.length === 0 || check === undefined ? report.findings : await lookAt(check, clock)
    const left = new Set(again.map(({ says }) => says))
    for (const { says } of tried) if (!left.has(says)) mended.push({ check: report.check, says })
    after.push({ check: report.check, findings: [...again, ...failed] })
  }
  return { reports: after, mended }
}

type Fixable = Finding & { readonly fix: () => Promise<unknown> }

const isMendable = (finding: Finding): finding is Fixable => 'fix' in finding && finding.fix !== undefined

async function repair({ says, fix }: Fixable): Promise<{ readonly says: string; readonly failure?: Finding }> {
  try {
    await fix()
    return { says }
  } catch (error) {
    if (error instanceof JitError) return { says, failure: problemOf(error) }
    throw error
  }
}
