import { fstatSync, statSync, writeSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Environment } from '../base/environment.ts'
import { errnoOf } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'

/**
 * Where a program speaks: `out` to machines, `note` to people. One call is one line or block; the final newline is added. What
 * machines shall read and cannot get, a full disk for one, is `WRITE_FAILED`; of people's, nobody could be told.
 */
export interface Output {
  out(text: string): void
  note(text: string): void
  stdinIsTty(): boolean
  stdoutIsTty(): boolean
  stderrIsTty(): boolean
  /** To stdout as it is, without a final newline. False: whoever read it is gone. */
  write(text: string): boolean
  /** Rows of the terminal that stdout is; endless where it is none. */
  rows(): number
  /** Width of the terminal that stdout is; endless where it is none: a line for `grep` is never broken. */
  columns(): number
  /** The same of stderr, which may be a terminal where stdout is read by a program: `eval "$(jit env prod-db)"`. */
  stderrColumns(): number
}

const [STDIN, STDOUT, STDERR] = [0, 1, 2]

/**
 * The process's own descriptors, written to at once: nothing is lost when the process ends, and Node's stream classes, which cost
 * a quarter of the start of a command, are loaded on terminals only. A reader that went away (`jit targets | head -1`) ends
 * the output and nothing else: a write to a credentials file goes on.
 */
export function standardOutput(process: NodeJS.Process): Output {
  // A Windows console takes UTF-16, which only the streams translate to; there they write at once too.
  const byStream = process.platform === 'win32'
  const write = (fd: number, stream: () => NodeJS.WriteStream, text: string): boolean => {
    if (!byStream) return writeTo(fd, Buffer.from(text))
    stream().write(text)
    return true
  }
  return {
    out: (text) => void write(STDOUT, () => process.stdout, `${text}\n`),
    note: (text) => void write(STDERR, () => process.stderr, `${text}\n`),
    write: (text) => write(STDOUT, () => process.stdout, text),
    rows: () => (isTty(STDOUT) ? process.stdout.rows : Number.POSITIVE_INFINITY),
    stdinIsTty: () => isTty(STDIN),
    stdoutIsTty: () => isTty(STDOUT),
    stderrIsTty: () => isTty(STDERR),
    columns: () => (isTty(STDOUT) ? process.stdout.columns : Number.POSITIVE_INFINITY),
    stderrColumns: () => (isTty(STDERR) ? process.stderr.columns : Number.POSITIVE_INFINITY),
  }
}

/** node:tty brings node:net along, so only what could be a terminal is asked. */
function isTty(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    if (!stat.isCharacterDevice() || stat.rdev === statSync(devNull).rdev) return false
  } catch {
    return false // closed, or no such device here
  }
  return process.getBuiltinModule('node:tty').isatty(fd)
}

/** Whether stderr goes on to another process: neither a file nor a device such as a screen or /dev/null. */
export function errIsPiped(): boolean {
  try {
    const stat = fstatSync(STDERR)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return false // closed
  }
}

const FULL_PIPE_MS = 5

function writeTo(fd: number, bytes: Buffer): boolean {
  try {
    return writeAll(fd, bytes)
  } catch (error) {
    if (fd !== STDOUT) return false
    throw new JitError(
      'WRITE_FAILED',
      `Standard output cannot be written (${errnoOf(error) ?? 'unknown cause'}).`,
      'Send it elsewhere, or make room. What was done before it is not undone.',
      { cause: error },
    )
  }
}

/** Gives up on a reader that is gone, and says so; waits for a slow one whose pipe is full and non-blocking. */
function writeAll(fd: number, bytes: Buffer): boolean {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'EPIPE' || code === 'EBADF' || code === 'EIO') return false
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS)
    }
  }
  return true
}

/** Colour as https://no-color.org and https://force-color.org say; `NO_COLOR` wins over `FORCE_COLOR`. */
export function wantsColour(env: Environment, isTty: boolean): boolean {
  if (isSet(env['NO_COLOR'])) return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return isTty && env['TERM'] !== 'dumb'
}

/** Whether the terminal shows UTF-8, by the locale rules of POSIX; Windows terminals do. */
export function speaksUtf8(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'win32' || platform === 'darwin') return env['TERM'] !== 'linux'
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(isSet)
  return locale !== undefined && /utf-?8/i.test(locale)
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ''
