import { terminalText } from '../../base/terminal-text.ts'
import type { Mended, Report } from '../../client/doctor/examine.ts'
import type { Finding } from '../../client/doctor/types.ts'
import type { CliContext } from '../context.ts'
import type { Paint } from './paint.ts'

type Problem = Extract<Finding, { readonly level: 'problem' }>

export const problemsIn = (reports: readonly Report[]): readonly (Problem & { readonly check: string })[] =>
  reports.flatMap(({ check, findings }) =>
    findings.flatMap((each) => (each.level === 'problem' ? [{ ...each, check }] : [])),
  )

const WIDTH = 'problem'.length + 2

/** A line for each finding, and below it what to type. */
export function findingLines({ reports, mended }: Mended, paint: Paint): readonly string[] {
  const line = (word: string, check: string, says: string, colour: (text: string) => string): string =>
    `${colour(word)}${' '.repeat(WIDTH - word.length)}${check}: ${terminalText(says)}`
  const colours = { ok: paint.good, note: paint.strong, problem: paint.error }
  return [
    ...mended.map(({ check, says }) => line('mended', check, says, paint.good)),
    ...reports.flatMap(({ check, findings }) =>
      findings.flatMap((finding) => [
        line(finding.level, check, finding.says, colours[finding.level]),
        ...(finding.level === 'ok' || finding.mend === undefined
          ? []
          : [`${' '.repeat(WIDTH)}${paint.faint('→')} ${terminalText(finding.mend)}`]),
      ]),
    ),
  ]
}

/** For support: no secret, no name of a person, nothing that `jit status` would not show. */
export function reportJson(
  { version, platform }: Pick<CliContext, 'version' | 'platform'>,
  { reports, mended }: Mended,
) {
  return {
    version,
    platform,
    findings: reports.flatMap(({ check, findings }) =>
      findings.map((finding) => ({
        check,
        level: finding.level,
        says: finding.says,
        ...(finding.level === 'ok' || finding.mend === undefined ? {} : { mend: finding.mend }),
        ...(finding.level === 'problem' ? { code: finding.code } : {}),
      })),
    ),
    mended,
  }
}
