import { JitError } from '../../base/errors.ts'
import type { Mended } from '../../client/doctor/examine.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { findingLines, problemsIn, reportJson } from '../ui/doctor-text.ts'

export type DoctorOptions = { readonly json: boolean; readonly fix: boolean; readonly removeLayers: boolean }

export function doctorCommand(ctx: CliContext, run = runDoctor): JitCommand {
  const command = new JitCommand('doctor', ctx)
  command
    .summary('check this machine, and say what mends what')
    .description(
      'Checks clock, endpoint, key store, login, directories, grants, what removes them in time, and the files of the clients. ' +
        'Changes nothing without --fix. Ends with the exit code of the first problem, 0 where there is none.',
    )
    .option(...JSON_FLAG)
    .option('--fix', 'mend what can be mended from here, and install what removes credentials in time', false)
    .option(
      '--remove-layers',
      'take away what the service manager of this system starts for jit (before an uninstall)',
      false,
    )
    .addHelpText(
      'after',
      examples('jit doctor', 'jit doctor --fix', 'jit doctor --json > for-support.json', 'jit doctor --remove-layers'),
    )
    .action((options: DoctorOptions) => run(ctx, options))
  return command
}

export async function runDoctor(ctx: CliContext, { json, fix, removeLayers }: DoctorOptions): Promise<void> {
  if (removeLayers && fix)
    throw new JitError('USAGE', '--fix installs what --remove-layers takes away.', 'Say one of them.')
  if (removeLayers) return remove(ctx, json)
  const { reports, mended } = await looked(ctx, fix)
  if (json) ctx.terminal.out(JSON.stringify(reportJson(ctx, { reports, mended })))
  else for (const line of findingLines({ reports, mended }, ctx.terminal.paint.out)) ctx.terminal.out(line)
  const problems = problemsIn(reports)
  const [first] = problems
  if (first === undefined) return
  const names = [...new Set(problems.map(({ check }) => check))].join(', ')
  const canMend = !fix && problems.some((each) => each.fix !== undefined)
  throw new JitError(
    first.code,
    `${problems.length === 1 ? 'One problem' : `${problems.length} problems`} found: ${names}.`,
    canMend ? 'To mend what can be mended from here: jit doctor --fix' : 'What mends each stands beside it.',
  )
}

async function looked(ctx: CliContext, fix: boolean): Promise<Mended> {
  const [{ checks }, { examine, mend }] = await Promise.all([ctx.doctor(), import('../../client/doctor/examine.ts')])
  const spinner = ctx.terminal.interactive ? await ctx.spinner() : undefined
  try {
    const show = (waitingFor: readonly string[]): void => spinner?.show(`Checking: ${waitingFor.join(', ')}`)
    const reports = await examine(checks, ctx.clock, show)
    if (!fix) return { reports, mended: [] }
    spinner?.show('Mending')
    return await mend(checks, reports, ctx.clock)
  } finally {
    spinner?.stop()
  }
}

async function remove(ctx: CliContext, json: boolean): Promise<void> {
  const { removeLayer } = await ctx.doctor()
  const { layer, removed } = await removeLayer()
  if (json) ctx.terminal.out(JSON.stringify({ layer, removed }))
  ctx.terminal.note(
    removed
      ? `The ${layer} is gone, and no delivery brings it back. To have it again: jit doctor --fix`
      : `There was no ${layer}, and no delivery makes one. To have it: jit doctor --fix`,
  )
}
