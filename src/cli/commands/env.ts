import { JitError } from '../../base/errors.ts'
import { exportText, type Exports, type Shell, SHELLS, shellNamed } from '../../base/shell-export.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { Lease } from '../../client/leases/types.ts'
import { awsKeys, leaseEnvironment } from '../../client/lease-environment.ts'
import { currentLease, liveLease } from '../../client/live-lease.ts'
import { deliveredRegion, serveCredential } from '../../client/served-credential.ts'
import { choice, examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'
import { CLIENT } from '../ui/elevate-text.ts'
import { pickLive, refuseQuestion } from '../ui/pick-target.ts'

export type EnvOptions = { readonly target?: string; readonly shell?: Shell; readonly values: boolean }
type Flags = { readonly shell?: Shell; readonly values: boolean; readonly json: boolean }

export function envCommand(ctx: CliContext, run = runEnv): JitCommand {
  const command = new JitCommand('env', ctx)
  command
    .summary('variables that make clients use a grant, for `eval`')
    .description(
      'Prints what a shell has to export (and to unset) so that aws, gcloud, az, kubectl and the SDKs use an active grant.',
    )
    .argument('[target]', 'target of the grant')
    .option('--shell <shell>', `${SHELLS.join(', ')} (default: as SHELL says)`, choice(...SHELLS))
    .option(
      '--values',
      'print the AWS keys themselves, for programs that read nothing else; not to a terminal, and of AWS alone',
      false,
    )
    .option('--json', 'the same as --shell json', false)
    .addHelpText(
      'after',
      examples(
        'eval "$(jit env prod-db)"',
        'jit env prod-db --shell fish | source',
        'jit env prod-db --shell pwsh | Out-String | Invoke-Expression',
        'docker run --env-file <(jit env prod-db --shell dotenv --values) IMAGE',
      ),
    )
    .action((target: string | undefined, { shell, values, json }: Flags) => {
      const spoken = shell ?? (json ? 'json' : undefined)
      return run(ctx, { ...(target === undefined ? {} : { target }), values, ...(spoken && { shell: spoken }) })
    })
  return command
}

export async function runEnv(ctx: CliContext, { target: typed, shell, values }: EnvOptions): Promise<void> {
  const spoken = shell ?? shellOf(ctx)
  if (values && ctx.terminal.outIsTty)
    throw new JitError(
      'USAGE',
      'The keys would stand on the screen, and in its history.',
      `Send them where they are needed: docker run --env-file <(jit env ${typed ?? 'TARGET'} --shell dotenv --values) IMAGE`,
    )
  if (typed === undefined) refuseQuestion(ctx, 'Say which target.', 'Type: jit env TARGET. See: jit status')
  const target = typed ?? (await pickLive(ctx, 'Variables of which grant?'))
  const exports = values ? await keysOf(ctx, target) : await variablesOf(ctx, target)
  ctx.terminal.out(exportText(spoken, exports))
}

async function variablesOf(ctx: CliContext, target: string): Promise<Exports> {
  const lease = await currentLease(target, await ctx.serving())
  const { guide } = await ctx.guiding()
  return leaseEnvironment(lease, guide(lease))
}

async function keysOf(ctx: CliContext, target: string): Promise<Exports> {
  const serving = await ctx.serving()
  const credential = await serveCredential(target, serving)
  const lease = liveLease(target, serving)
  sayLeftOut(ctx, lease)
  return awsKeys(credential, deliveredRegion(lease, serving))
}

/** Other clients read files and directories; without `--values` there are variables that lead to these. */
function sayLeftOut({ terminal }: CliContext, { target, entries }: Lease): void {
  const others = entries.filter(({ cloud }) => cloud !== 'aws').map(({ cloud }) => CLIENT[cloud])
  if (others.length === 0) return
  terminal.note(
    terminalText(
      `${target}: these are the keys of AWS alone; ${[...new Set(others)].join(', ')} take no values. Variables that lead all of them: jit env ${target}`,
    ),
  )
}

function shellOf({ env, platform }: CliContext): Shell {
  const shell = shellNamed(env['SHELL'], platform)
  if (shell !== undefined) return shell
  throw new JitError(
    'USAGE',
    `jit does not speak ${env['SHELL']}.`,
    `Name one that it does: --shell ${SHELLS.join('|')}`,
  )
}
