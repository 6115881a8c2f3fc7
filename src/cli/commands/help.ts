import type { Command } from 'commander'
import { JitError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'
import { exitCodesText } from '../exit-codes.ts'

export const environmentText = `Every flag has an environment twin: --wait-timeout is JIT_WAIT_TIMEOUT. Switches take 1 or 0, nothing else.
Of jit kill only --reason and --json have one: whom it stops is typed.

JIT_ENDPOINT_URL    address of the endpoint, instead of the one that jit login remembered
JIT_CONFIG_DIR      settings
JIT_STATE_DIR       records of grants and requests, sealed login
JIT_RUNTIME_DIR     what may go at logout
JIT_KEY_STORE       where keys lie, instead of what jit login remembered
JIT_PASSPHRASE_FILE, JIT_PASSPHRASE_FD
                    passphrase of the key store passphrase-file
JIT_WORKLOAD        whose ID token a pipeline logs in with, instead of what is found: github, gitlab,
                    circleci, buildkite, azure-devops, kubernetes, aws, google, spiffe, pinned; off
JIT_WORKLOAD_TOKEN_FILE, JIT_WORKLOAD_TOKEN
                    an ID token of another issuer (pinned)
JIT_LOG_MASKS=0     tell no pipeline what to hide in its log
JIT_NOTICE=10m      a notice on the desktop so long before a grant ends
JIT_DEBUG=1         stack traces of failures
NO_COLOR, FORCE_COLOR, HTTPS_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS,
AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE, CLOUDSDK_CONFIG,
AZURE_CONFIG_DIR, KUBECONFIG are honoured as elsewhere.`

type Topic = (columns: number, program: Command) => string
const TOPICS: Readonly<Record<string, Topic>> = {
  'exit-codes': (columns, program) => {
    const help = program.createHelp()
    return exitCodesText(columns, help.boxWrap.bind(help))
  },
  environment: () => environmentText,
}

export function helpCommand(ctx: CliContext, program: Command): JitCommand {
  const command = new JitCommand('help', ctx)
  command
    .summary('help for a command, `exit-codes` or `environment`')
    .description('Explains a command, the exit codes that scripts may rely on, or the environment variables.')
    .argument('[topic]', 'command or topic')
    .addHelpText('after', examples('jit help elevate', 'jit help exit-codes', 'jit help environment'))
    .action((topic: string | undefined) => ctx.terminal.out(helpText(topic, program, ctx.terminal.columns)))
  return command
}

function helpText(topic: string | undefined, program: Command, columns: number): string {
  if (topic === undefined) return program.helpInformation().trimEnd()
  const written = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined
  if (written !== undefined) return written(columns, program)
  const command = program.commands.find((each) => each.name() === topic || each.aliases().includes(topic))
  if (command === undefined) throw unknownTopic(topic, program)
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) })
  command.outputHelp()
  return text.trimEnd()
}

function unknownTopic(topic: string, program: Command): JitError {
  const meant = nearest(topic, [...program.commands.map((each) => each.name()), ...Object.keys(TOPICS)])
  return new JitError(
    'USAGE',
    `There is no help about ${topic}.`,
    meant === undefined ? 'See: jit help' : `Did you mean: jit help ${meant}`,
  )
}
