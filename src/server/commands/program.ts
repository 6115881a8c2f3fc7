import { Command, CommanderError } from 'commander'
import { EXIT_CODE, JitError } from '../../base/errors.ts'
import { ConfigurationError } from '../config/types.ts'
import { auditCommand } from './audit.ts'
import { checkCommand } from './check.ts'
import { grantsCommand } from './grants.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { serveCommand } from './serve.ts'
import { trustCommand } from './trust.ts'
import type { CommandContext } from './types.ts'

/** Runs one command line (without node and script); resolves to the exit code (DESIGN §3). Rejects where there is a bug. */
export async function run(argv: readonly string[], ctx: CommandContext): Promise<number> {
  try {
    await program(ctx).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0 // help and version
    const { code, message, hint } = expected(error)
    if (argv.includes('--json')) ctx.note(JSON.stringify({ error: { code, message, hint } }))
    else for (const line of [message, hint]) ctx.note(line)
    return EXIT_CODE[code]
  }
}

function program(ctx: CommandContext): Command {
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

/** What a person can do something about; throws what is a bug. */
function expected(error: unknown): JitError {
  if (error instanceof JitError) return error
  if (error instanceof ConfigurationError)
    return new JitError('CONFIG', error.message, 'Correct it, then: jit-endpoint check', { cause: error })
  if (!(error instanceof CommanderError)) throw error
  // A group of commands without one of them shows its help as an error.
  const message = error.code === 'commander.help' ? 'That command needs a subcommand.' : error.message
  return new JitError('USAGE', message.replace(/^error: /, ''), 'See: jit-endpoint --help', { cause: error })
}
