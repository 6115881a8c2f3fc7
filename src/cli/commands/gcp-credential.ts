import { serveGoogle } from '../../client/served-gcp.ts'
import { examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'

type GcpCredentialOptions = { readonly target: string }

/** Help and odd spellings; `jit gcp-credential TARGET` itself takes the short way (fast/gcp-credential.ts). */
export function gcpCredentialCommand(ctx: CliContext, run = runGcpCredential): JitCommand {
  const command = new JitCommand('gcp-credential', ctx)
  command
    .summary("token of an active grant, for Google's SDKs")
    .description(
      "Prints the token of an active grant as Google's libraries expect it of an executable. Never prompts; a failure is in what it prints, and the exit code is 0.",
    )
    .argument('<target>', 'target of the grant')
    .addHelpText('after', examples('jit gcp-credential prod-db'))
    .action((target: string) => run(ctx, { target }))
  return command
}

async function runGcpCredential(ctx: CliContext, { target }: GcpCredentialOptions): Promise<void> {
  ctx.terminal.out(JSON.stringify(await serveGoogle(target, await ctx.servingGoogle())))
}
