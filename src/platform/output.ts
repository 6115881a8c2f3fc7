import { fstatSync, statSync, writeSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Environment } from '../base/environment.ts'
import { errnoOf } from '../base/errno.ts'

/** Where a program speaks: `out` to machines, `note` to people. One call is one line or block; the final newline is added. */
export interface Output {
  out(text: string): void
  note(text: string): void
  stdinIsTty(): boolean
  stdoutIsTty(): boolean
  stderrIsTty(): boolean
  /** Width of the terminal that stdout is; endless where it is none: a line for `grep` is never broken. */
  columns(): number
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
  const write = (fd: number, stream: () => NodeJS.WriteStream, text: string): void => {
    if (byStream) stream().write(`${text}\n`)
    else writeAll(fd, Buffer.from(`${text}\n`))
  }
  return {
    out: (text) => write(STDOUT, () => process.stdout, text),
    note: (text) => write(STDERR, () => process.stderr, text),
    stdinIsTty: () => isTty(STDIN),
    stdoutIsTty: () => isTty(STDOUT),
    stderrIsTty: () => isTty(STDERR),
    columns: () => (isTty(STDOUT) ? process.stdout.columns : Number.POSITIVE_INFINITY),
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

/** Gives up on a reader that is gone; waits for a slow one whose pipe is full and non-blocking. */
function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'EPIPE' || code === 'EBADF' || code === 'EIO') return
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS)
    }
  }
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
