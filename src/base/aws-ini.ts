/** A section as Python's `configparser` sees it. `name` is the text between the brackets, unchanged. */
export type IniSection = { readonly name: string; readonly line: number; readonly keys: readonly string[] }
export type IniCheck =
  | { readonly ok: true; readonly sections: readonly IniSection[] }
  | { readonly ok: false; readonly line: number; readonly why: string }

/**
 * Whether botocore could read this file: one line that it cannot read takes down every profile in it. Follows `_read` of
 * CPython's `configparser` (strict, no interpolation, universal newlines) and botocore's `_parse_nested`; stricter than them
 * about NUL only. Says nothing of how to write.
 */
export function checkAwsIni(bytes: Buffer): IniCheck {
  const encoding = encodingProblem(bytes)
  if (encoding !== undefined) return { ok: false, ...encoding }
  const reading = new Reading()
  for (const [index, line] of bytes
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const why = reading.take(line, index + 1)
    if (why !== undefined) return { ok: false, line: index + 1, why }
  }
  return reading.result()
}

function encodingProblem(bytes: Buffer): { readonly line: number; readonly why: string } | undefined {
  if (bytes.indexOf('\xff\xfe', 0, 'latin1') === 0 || bytes.indexOf('\xfe\xff', 0, 'latin1') === 0)
    return { line: 1, why: 'it is UTF-16, and the AWS tools read UTF-8 only' }
  if (bytes.indexOf('\xef\xbb\xbf', 0, 'latin1') === 0)
    return { line: 1, why: 'it starts with a byte order mark, which the AWS tools take for text' }
  const nul = bytes.indexOf(0)
  if (nul >= 0) return { line: lineAt(bytes, nul), why: 'it holds a NUL byte' }
  const bad = firstInvalidUtf8(bytes)
  return bad === undefined ? undefined : { line: lineAt(bytes, bad), why: 'it is not valid UTF-8' }
}

const lineAt = (bytes: Buffer, offset: number): number => bytes.toString('latin1', 0, offset).split(/\r\n|\n|\r/).length

function firstInvalidUtf8(bytes: Buffer): number | undefined {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const valid = (end: number): boolean => {
    try {
      decoder.decode(bytes.subarray(0, end))
      return true
    } catch {
      return false // the one thing asked
    }
  }
  if (valid(bytes.length)) return undefined
  let line = 0
  while (line < bytes.length) {
    const lf = bytes.indexOf(10, line)
    const next = lf < 0 ? bytes.length : lf + 1
    if (!valid(next)) break
    line = next
  }
  return line
}

// What Python's str.strip() and \S call white space; JavaScript's own differs (U+FEFF in, U+001C–1F and U+0085 out).
const SPACE = '\\t\\n\\v\\f\\r\\x1c-\\x1f \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const BREAK = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029' // str.splitlines()
const STRIP = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g')
const INDENT = new RegExp(`^[${SPACE}]*`)
const LINE_BREAKS = new RegExp(`\\r\\n|[${BREAK}]`)
const DEFAULT_SECTION = 'DEFAULT'

const strip = (text: string): string => text.replace(STRIP, '')
const indentOf = (text: string): number => INDENT.exec(text)?.[0].length ?? 0

type Option = { readonly values: string[]; readonly line: number }
type Section = { readonly name: string; readonly line: number; readonly options: Map<string, Option> }

class Reading {
  readonly #sections = new Map<string, Section>()
  #section: Section | undefined
  #option: Option | undefined
  #indent = 0

  /** What is wrong with the line, if anything is. */
  take(line: string, number: number): string | undefined {
    const text = strip(line)
    if (text === '' || text.startsWith('#') || text.startsWith(';')) {
      if (text === '') this.#option?.values.push('')
      return undefined
    }
    if (this.#option !== undefined && indentOf(line) > this.#indent) {
      this.#option.values.push(text)
      return undefined
    }
    this.#indent = indentOf(line)
    const name = /^\[([^\n]+)\]/.exec(text)?.[1]
    return name === undefined ? this.#takeOption(text, number) : this.#takeHeader(name, number)
  }

  #takeHeader(name: string, line: number): string | undefined {
    const known = this.#sections.get(name)
    if (known !== undefined && name !== DEFAULT_SECTION)
      return `[${shown(name)}] is there twice (first in line ${known.line})`
    this.#section = known ?? { name, line, options: new Map() }
    this.#sections.set(name, this.#section)
    this.#option = undefined
    return undefined
  }

  #takeOption(text: string, line: number): string | undefined {
    if (this.#section === undefined) return 'it stands before the first [section]'
    const delimiter = text.search(/[=:]/)
    if (delimiter < 0) return 'it is no "key = value"'
    const key = strip(text.slice(0, delimiter)).toLowerCase()
    if (key === '') return 'it has no key before the "="'
    if (this.#section.options.has(key)) return `the key ${shown(key)} is there twice in [${shown(this.#section.name)}]`
    this.#option = { values: [strip(text.slice(delimiter + 1))], line }
    this.#section.options.set(key, this.#option)
    return undefined
  }

  result(): IniCheck {
    const sections = [...this.#sections.values()].filter(({ name }) => name !== DEFAULT_SECTION)
    const inherited = sections.length === 0 ? undefined : this.#sections.get(DEFAULT_SECTION)
    for (const section of inherited === undefined ? sections : [inherited, ...sections])
      for (const [key, option] of section.options)
        if (!nestsWell(option))
          return { ok: false, line: option.line, why: `a line indented under ${shown(key)} is no "key = value"` }
    return {
      ok: true,
      sections: sections.map(({ name, line, options }) => ({ name, line, keys: [...options.keys()] })),
    }
  }
}

/** A value that starts on the line after its key is a block of settings, such as `s3 =`. */
function nestsWell({ values }: Option): boolean {
  const value = values.join('\n')
  if (!value.startsWith('\n')) return true
  return value.split(LINE_BREAKS).every((line) => strip(line) === '' || line.includes('='))
}

/** Names from a user's file go into messages: short, and without control characters. */
const shown = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40)

/**
 * Whether a section header means `profile` to any of the AWS tools. botocore takes the header of a credentials file as it is and
 * splits one of a config file like a shell; the JavaScript SDK strips blanks and quotes.
 */
export function namesProfile(header: string, profile: string): boolean {
  const name = strip(header).replace(/^profile[ \t]+/, '')
  return strip(strip(name).replace(/^(["'])(.*)\1$/, '$2')) === profile
}
