import { list, object, oneOf, string } from '../../src/contract/narrow.ts'
import type { PersonHome } from './person.ts'

const readReport = object({
  version: string,
  platform: string,
  findings: list(
    object({ check: string, level: oneOf('ok', 'note', 'problem'), says: string }, { mend: string, code: string }),
  ),
  mended: list(object({ check: string, says: string })),
})

/** What `jit doctor --json` says on this machine. */
export async function examined(at: PersonHome, ...args: readonly string[]) {
  const ended = await at.jit('doctor', '--json', ...args)
  const report = readReport(JSON.parse(ended.stdout), 'report')
  const of = (check: string) => report.findings.filter((each) => each.check === check)
  return { ...ended, ...report, of, problems: report.findings.filter(({ level }) => level === 'problem') }
}
