import type { Command } from 'commander'
import { EXIT_CODE_MEANING } from '../../src/cli/exit-codes.ts'
import { argumentItems, described, optionItems, synopsis } from './command-parts.ts'
import { bold, escaped, italic, item, page, prose, reference, section, subsection, title } from './roff.ts'

const NAME = 'jit-endpoint'

/** As far as it has the exit codes of `jit`. */
const CODES = [2, 8, 9] as const
const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['JIT_ENDPOINT_CONFIG', 'the configuration file, where `--config` names none'],
  [
    'JIT_ENDPOINT_DATABASE_URL',
    'PostgreSQL with its password, for `url: ${JIT_ENDPOINT_DATABASE_URL}` in the configuration',
  ],
  ['HTTPS_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS', 'as elsewhere'],
]
const FILES: readonly (readonly [string, string])[] = [
  ['jit-endpoint.yaml', 'the configuration; relative paths in it start at its directory'],
  ['policy.cedar', 'who may ask for what, who approves, for how long'],
]

/** One page for the endpoint and all of its commands. */
export function endpointPage(program: Command, version: string): string {
  const commands = leaves(program, NAME).filter(({ command }) => command.name() !== 'help')
  return page(
    title(NAME, version),
    section('NAME', `${escaped(NAME)} \\- ${escaped('approval endpoint of jit')}`),
    section('SYNOPSIS', `${bold(NAME)} ${italic('command')} [${italic('options')}]`),
    section('DESCRIPTION', prose(program.description())),
    section('COMMANDS', ...commands.flatMap(commandParts)),
    section('OPTIONS', ...optionItems(program)),
    section(
      'EXIT STATUS',
      item(bold('0'), 'done'),
      item(bold('1'), prose('a bug')),
      ...CODES.map((code) => item(bold(String(code)), prose(EXIT_CODE_MEANING[code]))),
    ),
    section('ENVIRONMENT', ...ENVIRONMENT.map(([name, text]) => item(bold(name), prose(text)))),
    section('FILES', ...FILES.map(([path, text]) => item(italic(path), prose(text)))),
    section('SEE ALSO', reference('jit')),
  )
}

type Named = { readonly words: string; readonly command: Command }

const leaves = (command: Command, words: string): readonly Named[] =>
  command.commands.flatMap((each) => {
    const named = { words: `${words} ${each.name()}`, command: each }
    return each.commands.length === 0 ? [named] : leaves(each, named.words)
  })

const commandParts = ({ words, command }: Named): readonly string[] => [
  subsection(words.slice(NAME.length + 1)),
  synopsis(words, command),
  `.PP\n${prose(described(command))}`,
  ...argumentItems(command),
  ...optionItems(command),
]
