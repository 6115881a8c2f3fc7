import { serveCredential } from '../../client/served-credential.ts'
import { examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'

type CredentialProcessOptions = { readonly target: string }

/** Help and odd spellings; `jit credential-process TARGET` itself takes the short way (fast/credential-process.ts). */
export function credentialProcessCommand(ctx: CliContext, run = runCredentialProcess): JitCommand {
  const command = new JitCommand('credential-process', ctx)
  command
    .summary('credentials of an active grant, for AWS SDKs')
    .description(
      'Prints the credentials of an active grant as AWS SDKs expect them of a credential_process. Never prompts.',
    )
    .argument('<target>', 'target of the grant')
    .addHelpText(
      'after',
      examples('aws configure set credential_process "jit credential-process prod-db" --profile prod'),
    )
    .action((target: string) => run(ctx, { target }))
  return command
}

async function runCredentialProcess(ctx: CliContext, { target }: CredentialProcessOptions): Promise<void> {
  ctx.terminal.out(JSON.stringify(await serveCredential(target, await ctx.servingClients())))
}
