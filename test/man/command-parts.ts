import type { Argument, Command, Option } from 'commander'
import { bold, escaped, italic, item, paragraph, prose, section, verbatim } from './roff.ts'

/** What a page says of a command, whichever program it belongs to; all of it from the definition that also makes the help. */
export const synopsis = (words: string, command: Command): string => {
  const flags = command.options.length === 0 ? [] : ['[\\fIoptions\\fP]']
  return [bold(words), ...flags, ...command.registeredArguments.map(placeOf)].join(' ')
}

export const argumentItems = (command: Command): readonly string[] =>
  command.registeredArguments
    .filter(({ description }) => description !== '')
    .map((argument) => item(italic(argument.name()), prose(argument.description)))

export const optionItems = (command: Command): readonly string[] => {
  const help = command.createHelp()
  const said = (option: Option): string => help.optionDescription(option).replace(/ \(default: false\)$/, '')
  return help.visibleOptions(command).map((option) => item(flagsOf(option), prose(said(option))))
}

/** What was added behind the help: examples first, and whatever else. */
export const afterHelp = (command: Command): readonly string[] => {
  const blocks = behindHelp(command)
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+|\s+$/g, ''))
    .filter((block) => block !== '')
  const examples = blocks.filter((block) => block.startsWith(EXAMPLES)).map((block) => block.slice(EXAMPLES.length + 1))
  const notes = blocks.filter((block) => !block.startsWith(EXAMPLES))
  return [
    section('EXAMPLES', ...examples.map((lines) => verbatim(lines.replaceAll(/^ {2}/gm, '')))),
    section('NOTES', ...notes.map((note) => (note.includes('\n ') ? verbatim(note) : paragraph(prose(note))))),
  ]
}
const EXAMPLES = 'Examples:'

export const described = (command: Command): string => command.description() || command.summary()

const placeOf = (argument: Argument): string => {
  const name = `${italic(argument.name())}${argument.variadic ? '...' : ''}`
  return argument.required ? name : `[${name}]`
}

function flagsOf(option: Option): string {
  const names = [option.short, option.long].flatMap((flag) => (flag === undefined ? [] : [bold(flag)])).join(', ')
  const [, value] = /([<[].*[>\]])$/.exec(option.flags) ?? []
  return value === undefined
    ? names
    : `${names} ${escaped(value[0] === '[' ? '[' : '')}${italic(value.slice(1, -1))}${value[0] === '[' ? ']' : ''}`
}

function behindHelp(command: Command): string {
  let text = ''
  const before = command.configureOutput()
  command.configureOutput({ writeOut: (part) => void (text += part) })
  command.outputHelp()
  command.configureOutput(before)
  return text.slice(command.helpInformation().length)
}
