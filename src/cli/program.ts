import { type Command, CommanderError } from 'commander'
import { JitError } from '../base/errors.ts'
import { terminalText } from '../base/terminal-text.ts'
import { PROVIDERS } from '../client/workload/types.ts'
import { choice, HELP_WIDTH, JitCommand } from './command.ts'
import { approveCommand } from './commands/approve.ts'
import { cancelCommand } from './commands/cancel.ts'
import { completionCommand } from './commands/completion.ts'
import { consoleCommand } from './commands/console.ts'
import { credentialProcessCommand } from './commands/credential-process.ts'
import { denyCommand } from './commands/deny.ts'
import { doctorCommand } from './commands/doctor.ts'
import { elevateCommand } from './commands/elevate.ts'
import { envCommand } from './commands/env.ts'
import { execCommand } from './commands/exec.ts'
import { extendCommand } from './commands/extend.ts'
import { gcpCredentialCommand } from './commands/gcp-credential.ts'
import { helpCommand } from './commands/help.ts'
import { killCommand } from './commands/kill.ts'
import { kubeCredentialCommand } from './commands/kube-credential.ts'
import { loginCommand } from './commands/login.ts'
import { logoutCommand } from './commands/logout.ts'
import { requestsCommand } from './commands/requests.ts'
import { revokeCommand } from './commands/revoke.ts'
import { shellInitCommand } from './commands/shell-init.ts'
import { statusCommand } from './commands/status.ts'
import { sweepCommand } from './commands/sweep.ts'
import { targetsCommand } from './commands/targets.ts'
import { whoamiCommand } from './commands/whoami.ts'
import type { CliContext } from './context.ts'
import { oddSwitches } from './switches.ts'

const WORKLOAD = choice(...PROVIDERS, 'auto', 'off')

/** The command tree: everything that can be typed, and its help. */
export function buildProgram(ctx: CliContext): Command {
  const program = new JitCommand('jit', ctx)
  program
    .description('Just-in-time cloud access: ask, get short-lived credentials, lose them when the time is up.')
    .usage('COMMAND [options]')
    .version(ctx.version, '-V, --version', 'show the version')
    .option('--non-interactive', 'never ask; say which flag is missing instead', false)
    .option('--workload <provider>', "log in with the token of this job's platform; off: as a person", WORKLOAD)
    .helpCommand(false)
    .addHelpText('after', '\nHelp: jit help COMMAND, jit help exit-codes, jit help environment')
  program.hook('preAction', () => {
    for (const twin of oddSwitches(ctx.env))
      ctx.terminal.note(
        terminalText(`${twin} is set to ${JSON.stringify(ctx.env[twin])}: it takes 1 or 0, and counts as 1.`),
      )
  })
  program.commandsGroup('Access:')
  for (const make of [
    loginCommand,
    targetsCommand,
    elevateCommand,
    statusCommand,
    extendCommand,
    revokeCommand,
    execCommand,
    envCommand,
    consoleCommand,
    whoamiCommand,
    logoutCommand,
  ])
    program.addCommand(make(ctx))
  program.commandsGroup('Requests:')
  for (const make of [requestsCommand, approveCommand, denyCommand, cancelCommand]) program.addCommand(make(ctx))
  program.commandsGroup('Administrators:')
  program.addCommand(killCommand(ctx))
  program.commandsGroup('This machine:')
  program.addCommand(doctorCommand(ctx))
  program.commandsGroup('Shell:')
  program.addCommand(shellInitCommand(ctx))
  program.addCommand(completionCommand(ctx, program))
  program.commandsGroup('Plumbing:')
  for (const make of [sweepCommand, credentialProcessCommand, kubeCredentialCommand, gcpCredentialCommand])
    program.addCommand(make(ctx))
  program.commandsGroup('Help:')
  program.addCommand(helpCommand(ctx, program))
  for (const command of [program, ...program.commands])
    command.configureOutput({
      getOutHelpWidth: () => Math.min(ctx.terminal.columns, HELP_WIDTH),
      getErrHelpWidth: () => Math.min(ctx.terminal.columns, HELP_WIDTH),
      writeOut: (text) => ctx.terminal.out(text.trimEnd()),
      writeErr: (text) => ctx.terminal.note(text.trimEnd()),
    })
  return program
}

/** Runs what was typed. Resolves when it is done; rejects with JitError, or with a bug. */
export async function runProgram(ctx: CliContext, argv: readonly string[]): Promise<void> {
  refuseBareProgram(argv)
  const program = buildProgram(ctx)
  try {
    await program.parseAsync(withPlaceForTarget(argv, program), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return // help and version
    throw usage(error, error.code === 'commander.unknownCommand' ? ALL_HELP : helpFor(argv, program))
  }
}

/** Without `--` options of the program would be taken for jit's, down to `--version`. */
function refuseBareProgram([command, ...rest]: readonly string[]): void {
  const asksHelp = rest.some((word) => word === '--help' || word === '-h')
  if (command !== 'exec' || rest.length < 2 || rest.includes('--') || asksHelp) return
  throw new JitError('USAGE', 'Put -- before the program that jit shall run.', 'Type: jit exec TARGET -- CMD')
}

/**
 * `jit exec -- CMD` names no target; without `--`, which the parser swallows, the program would pass for one. An empty word takes
 * its place.
 */
function withPlaceForTarget(argv: readonly string[], program: Command): readonly string[] {
  const [at, end] = [argv.findIndex((word) => !word.startsWith('-')), argv.indexOf('--')]
  const exec = program.commands.find((each) => each.name() === 'exec')
  if (argv[at] !== 'exec' || end < at || exec === undefined) return argv
  const ofExec = argv.slice(at + 1, end).filter((word) => word !== '--non-interactive')
  return exec.parseOptions(ofExec).operands.length > 0 ? argv : argv.toSpliced(end, 0, '')
}

/** What explains the command that was typed, as far as one was. */
function helpFor(argv: readonly string[], program: Command): string {
  const end = argv.indexOf('--')
  const named = argv
    .slice(0, end < 0 ? argv.length : end)
    .flatMap((word) => program.commands.find((each) => [each.name(), ...each.aliases()].includes(word)) ?? [])
  return named[0] === undefined ? ALL_HELP : `See: jit ${named[0].name()} --help`
}

const ALL_HELP = 'See: jit help'

/** commander's `error: …\n(Did you mean …?)` in our two sentences. */
function usage(error: CommanderError, help: string): JitError {
  if (error.code === 'commander.help') return new JitError('USAGE', 'Say what to do.', ALL_HELP)
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const sentence = message.charAt(0).toUpperCase() + message.slice(1)
  const hint = suggestion === undefined ? help : `${suggestion.replace(/^\(|\)$/g, '')} ${help}`
  return new JitError('USAGE', /[.?!]$/.test(sentence) ? sentence : `${sentence}.`, hint, { cause: error })
}
