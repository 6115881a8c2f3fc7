import { Command, CommanderError } from 'commander'
import { isMissing } from '../../base/errno.ts'
import { EXIT_CODE, JitError } from '../../base/errors.ts'
import { ConfigurationError } from '../config/types.ts'
import { auditCommand } from './audit.ts'
import { checkCommand } from './check.ts'
import { grantsCommand } from './grants.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { type Common, commandLine } from './options.ts'
import { serveCommand } from './serve.ts'
import { trustCommand } from './trust.ts'
import type { CommandContext } from './types.ts'

/** Runs one command line (without node and script); resolves to the exit code (DESIGN §3). Rejects where there is a bug. */
export async function run(argv: readonly string[], ctx: CommandContext): Promise<number> {
  const program = buildProgram(ctx)
  let config = ''
  program.hook('preAction', (_, command) => void ({ config = '' } = command.opts<Partial<Common>>()))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0 // help and version
    const { code, message, hint } = expected(error, {
      check: commandLine(ctx.env, config, 'check'),
      help: helpFor(argv, program),
    })
    if (argv.includes('--json')) ctx.note(JSON.stringify({ error: { code, message, hint } }))
    else for (const line of [message, hint]) ctx.note(line)
    return EXIT_CODE[code]
  }
}

/** The command tree: everything that can be typed, and its help. */
export function buildProgram(ctx: CommandContext): Command {
  const root = new Command('jit-endpoint')
    .description('The approval endpoint of jit: decides who may elevate, and signs what clouds trust.')
    .version(ctx.version)
    .helpCommand(true)
  for (const make of [initCommand, serveCommand, checkCommand, trustCommand, keysCommand, grantsCommand, auditCommand])
    root.addCommand(make(ctx))
  for (const command of withSubcommands(root))
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => ctx.out(text.trimEnd()), writeErr: () => undefined })
      .showSuggestionAfterError(true)
  return root
}

const withSubcommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
]

const NO_CONFIG = 'Name another with --config, or write one to start from: jit-endpoint init DIR'

/** What explains the command that was typed, as far as one was. */
function helpFor(argv: readonly string[], program: Command): string {
  const words = [program.name()]
  let at: Command | undefined = program
  for (const word of argv) {
    at = at.commands.find((command) => command.name() === word)
    if (at === undefined) break
    words.push(word)
  }
  return `See: ${words.join(' ')} --help`
}

/** What a person can do something about; throws what is a bug. `check` and `help` are what to type next. */
function expected(error: unknown, { check, help }: { readonly check: string; readonly help: string }): JitError {
  if (error instanceof JitError) return error
  if (error instanceof ConfigurationError) {
    const hint = isMissing(error.cause) ? NO_CONFIG : `Correct it, then: ${check}`
    return new JitError('CONFIG', error.message, hint, { cause: error })
  }
  if (!(error instanceof CommanderError)) throw error
  // A group of commands without one of them shows its help as an error.
  const message = error.code === 'commander.help' ? 'Say which command.' : error.message
  return new JitError('USAGE', message.replace(/^error: /, ''), help, { cause: error })
}
