import { JitError } from './errors.ts'

/** Nothing in these means anything to a shell, to botocore's `shlex`, to cmd.exe or to a reader of AWS files. */
const PLAIN = /^[\w@%+=:,./-]+$/
const PLAIN_ON_WINDOWS = /^[\w@+=:,./\\-]+$/
const WINDOWS_PATH = /^([A-Za-z]:[\\/]|\\\\)/

/**
 * A value for `credential_process` that everybody splits into the same words: botocore with Python's `shlex` (on Windows after the
 * rules of Microsoft's C library), the JavaScript, Go and Java SDKs through `sh -c` or `cmd.exe /c`. The JavaScript SDK also takes
 * ` #` and ` ;` for the start of a comment, in quotes too. Throws `CONFIG` for what cannot be written so.
 */
export function awsCommandLine(words: readonly string[]): string {
  const quote = WINDOWS_PATH.test(words[0] ?? '') ? quoteForWindows : quoteForPosix
  return words.map(quote).join(' ')
}

function quoteForPosix(word: string): string {
  if (/\p{Cc}/u.test(word)) throw unspeakable(word)
  if (PLAIN.test(word)) return word
  // Each of these stands outside the quotes behind a backslash, which takes its meaning for a shell as well as its blank before it.
  return `'${word.replaceAll(/['#;]/g, (character) => `'\\${character}'`)}'`
}

/** cmd.exe replaces `%NAME%` between quotes too, and leaves no way to write it otherwise. */
function quoteForWindows(word: string): string {
  if (/[\p{Cc}"%!^]/u.test(word) || /\s[#;]/.test(word) || word.endsWith('\\')) throw unspeakable(word)
  return PLAIN_ON_WINDOWS.test(word) ? word : `"${word}"`
}

const unspeakable = (word: string): JitError =>
  new JitError(
    'CONFIG',
    `The AWS tools could not start ${JSON.stringify(word)}: there is a character in it that they read in different ways.`,
    'Install jit and Node under a plainer path, or use --deliver files.',
  )
