import type { Command } from 'commander'
import { twinOf } from '../../src/cli/command.ts'
import { EXIT_CODE_MEANING } from '../../src/cli/exit-codes.ts'
import { afterHelp, argumentItems, described, optionItems, synopsis } from './command-parts.ts'
import {
  bold,
  escaped,
  italic,
  item,
  page,
  paragraph,
  prose,
  reference,
  section,
  subsection,
  title,
  verbatim,
} from './roff.ts'

/** Where `jit` keeps and writes things on Linux; other systems have places of their own (`jit help environment`). */
const FILES: readonly (readonly [string, string])[] = [
  ['~/.config/jit/config.json', 'address of the endpoint and kind of key store; no secret'],
  ['~/.local/state/jit/login.json', 'the login, sealed under a key of the key store'],
  [
    '~/.local/state/jit/MACHINE/',
    'records of what was written where until when, what the endpoint is still to be told, and what prompts read; no secret',
  ],
  ['$XDG_RUNTIME_DIR/jit/', 'private directories of what was delivered isolated'],
  [
    '~/.aws/credentials, ~/.aws/config, ~/.config/gcloud/, ~/.azure/, ~/.kube/config',
    'where grants are delivered, between marks of their own, until their end',
  ],
]

/** A page for `jit` and one for each of its commands, by file name. */
export function jitPages(program: Command, version: string, environment: string): ReadonlyMap<string, string> {
  const pages = program.commands.map(
    (command) => [`jit-${command.name()}.1`, commandPage(program, command, version)] as const,
  )
  return new Map([['jit.1', programPage(program, version, environment)], ...pages])
}

function programPage(program: Command, version: string, environment: string): string {
  const groups = Map.groupBy(program.commands, (command) => command.helpGroup())
  const commands = [...groups].flatMap(([group, members]) => [
    subsection(group.replace(/:$/, '')),
    ...members.map((command) => item(reference(`jit-${command.name()}`), prose(command.summary()))),
  ])
  return page(
    title('jit', version),
    section('NAME', `jit \\- ${escaped('just-in-time cloud access')}`),
    section('SYNOPSIS', `${bold('jit')} ${italic('command')} [${italic('options')}]`),
    section(
      'DESCRIPTION',
      prose(program.description()),
      paragraph(
        prose(
          'Standard output is for machines, standard error for people. Commands that print take `--json`. No command asks where there is no terminal: it names the flag instead.',
        ),
      ),
    ),
    section('COMMANDS', ...commands),
    section('OPTIONS', ...optionItems(program)),
    exitStatus(),
    section('ENVIRONMENT', verbatim(environment)),
    section('FILES', ...FILES.map(([path, text]) => item(italic(path), prose(text)))),
    section(
      'SEE ALSO',
      [...program.commands.map((command) => reference(`jit-${command.name()}`)), reference('jit-endpoint')].join(', '),
    ),
  )
}

function commandPage(program: Command, command: Command, version: string): string {
  const name = `jit-${command.name()}`
  const aliases = command.aliases().map((alias) => `.br\n${synopsis(`jit ${alias}`, command)}`)
  return page(
    title(name, version),
    section('NAME', `${escaped(name)} \\- ${prose(command.summary())}`),
    section('SYNOPSIS', [synopsis(`jit ${command.name()}`, command), ...aliases].join('\n')),
    section('DESCRIPTION', prose(described(command))),
    section('ARGUMENTS', ...argumentItems(command)),
    section('OPTIONS', ...optionItems(command)),
    ...afterHelp(command),
    exitStatus(),
    section('ENVIRONMENT', ...twins(command), paragraph(prose('Others are in')), `${reference('jit')}.`),
    section('FILES', `See ${reference('jit')}.`),
    section('SEE ALSO', [reference('jit'), ...neighbours(program, command)].join(', ')),
  )
}

const exitStatus = (): string =>
  section('EXIT STATUS', ...Object.entries(EXIT_CODE_MEANING).map(([code, text]) => item(bold(code), prose(text))))

/** Every flag but `--help` and what has to be typed has an environment twin (src/cli/command.ts). */
const twins = (command: Command): readonly string[] =>
  command.options.flatMap((option) => {
    const twin = twinOf(option)
    return twin === undefined ? [] : [item(bold(twin), `as ${bold(option.long ?? option.flags)}`)]
  })

const neighbours = (program: Command, command: Command): readonly string[] =>
  program.commands
    .filter((each) => each !== command && each.helpGroup() === command.helpGroup())
    .map((each) => reference(`jit-${each.name()}`))
