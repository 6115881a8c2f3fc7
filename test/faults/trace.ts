import { readFileSync } from 'node:fs'

/** One system call that succeeded, as `strace -ttt -xx -y` writes it down. */
export type Call = {
  /** Seconds since 1970. */
  readonly at: number
  readonly name: string
  /** Texts among the arguments, in order. */
  readonly strings: readonly Buffer[]
  /** What its descriptors lead to, in order; the one that it returned is `opened`. */
  readonly paths: readonly string[]
  readonly opened: string
  /** Arguments and result as they stand, without texts. */
  readonly rest: string
  readonly result: number
}

const LINE = /^(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+)(?:<((?:\\x[0-9a-f]{2})*)>)?/
const TEXT = /"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g
const DESCRIPTOR = /(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>/g

/** All calls of all threads, in the order of time. `files`: as `strace -ff` writes them, one for each thread. */
export const readCalls = (files: readonly string[]): readonly Call[] =>
  files
    .flatMap((file) => readFileSync(file, 'latin1').split('\n'))
    .flatMap(readCall)
    .toSorted((a, b) => a.at - b.at)

function readCall(line: string): readonly Call[] {
  const [, at = '', name = '', args = '', result = '', opened = ''] = LINE.exec(line) ?? []
  if (name === '' || result.startsWith('-')) return []
  const texts = [...args.matchAll(TEXT)]
  if (texts.some(([, , isCut]) => isCut !== undefined)) throw new Error(`strace cut a text: ${name}`)
  return [
    {
      at: Number(at),
      name,
      strings: texts.map(([, text = '']) => decoded(text)),
      paths: [...args.matchAll(DESCRIPTOR)].map(([, path = '']) => decoded(path).toString()),
      opened: decoded(opened).toString(),
      rest: args.replaceAll(TEXT, '""').replaceAll(DESCRIPTOR, '<>'),
      result: Number(result),
    },
  ]
}

const decoded = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex')

/** Command line and environment of an `execve`. */
export function executed({ strings, rest }: Call): {
  readonly argv: readonly string[]
  readonly env: readonly string[]
} {
  const [, list = ''] = /\[([^\]]*)\]/.exec(rest) ?? []
  const count = list === '' ? 0 : list.split(', ').length
  const texts = strings.map(String)
  return { argv: texts.slice(0, 1 + count), env: texts.slice(1 + count) }
}
