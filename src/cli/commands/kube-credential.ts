import { serveKubernetes } from '../../client/served-kubernetes.ts'
import { examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'

type KubeCredentialOptions = { readonly target: string }

/** Help, odd spellings, sealed tokens and renewal; what lies in a plain file takes the short way (fast/kube-credential.ts). */
export function kubeCredentialCommand(ctx: CliContext, run = runKubeCredential): JitCommand {
  const command = new JitCommand('kube-credential', ctx)
  command
    .summary('token of an active grant, for kubectl')
    .description('Prints the token of an active grant as kubectl expects it of a credential plugin. Never prompts.')
    .argument('<target>', 'target of the grant')
    .addHelpText('after', examples('jit kube-credential prod-cluster'))
    .action((target: string) => run(ctx, { target }))
  return command
}

async function runKubeCredential(ctx: CliContext, { target }: KubeCredentialOptions): Promise<void> {
  ctx.terminal.out(JSON.stringify(await serveKubernetes(target, await ctx.servingKubernetes())))
}
