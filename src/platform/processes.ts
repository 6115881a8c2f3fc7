import { execFile, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../base/environment.ts'
import { errnoOf } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'

export type Program = {
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment; nothing is inherited, so no secret of the caller lives on in a long process. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts a program that outlives this one, and returns at once. Rejects where it could not be started. */
export type StartDetached = (program: Program) => Promise<void>

/** Own session (`setsid`), no terminal, no open files, working directory `/`: closing a terminal or unmounting a disk leaves it alone. */
export const startDetached: StartDetached = ({ file, args, env }) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { detached: true, stdio: 'ignore', cwd: '/', env, windowsHide: true })
    child.once('error', reject)
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })

/** How a process ended: by itself with a code, or by a signal. */
export type Ending = { readonly code: number } | { readonly signal: NodeJS.Signals }
export type Child = { readonly ended: Promise<Ending>; readonly kill: (signal: NodeJS.Signals) => void }

/** A program that this one waits for: same terminal, same descriptors 0 to 2, same working directory. Rejects where it could not be started. */
export type RunChild = (program: Program) => Promise<Child>

export const runChild: RunChild = ({ file, args, env }) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { stdio: 'inherit', env })
    const ended = new Promise<Ending>((end) => {
      child.once('exit', (code, signal) => end(signal === null ? { code: code ?? 1 } : { signal }))
    })
    child.once('error', (error) => reject(unusable(file, startFailure(error), error)))
    child.once('spawn', () => resolve({ ended, kill: (signal) => void child.kill(signal) }))
  })

/** What a program said until its end. `code` is absent where a signal ended it, or its time was up. */
export type Ran = { readonly code?: number; readonly stdout: string; readonly stderr: string }

/**
 * Runs a program without a terminal to its end, killed after `limitMs`. Never through a shell. Rejects where it could not be started.
 * `input`: what it reads from stdin; nothing where absent.
 */
export type RunToEnd = (program: Program & { readonly input?: string }, limitMs: number) => Promise<Ran>

const MAX_OUTPUT_BYTES = 1 << 20

export const runToEnd: RunToEnd = ({ file, args, env, input = '' }, limitMs) =>
  new Promise((resolve, reject) => {
    const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const
    const options = { ...limits, env, windowsHide: true, encoding: 'utf8' } as const
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'string' && code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
        return reject(notStarted(file, error))
      resolve({ stdout, stderr, ...(typeof code === 'number' ? { code } : {}) })
    })
    child.stdin?.on('error', () => undefined) // it did not want to read; its code says how it went
    child.stdin?.end(input)
  })

const notStarted = (file: string, cause: unknown): JitError =>
  new JitError('NOT_FOUND', `${file} could not be started (${errnoOf(cause) ?? 'unknown cause'}).`, 'Check its name.', {
    cause,
  })

/**
 * Throws where a shell would start no such program: to be known before anybody is asked to approve anything. `PROGRAM_MISSING` where
 * there is none, `PROGRAM_UNUSABLE` where there is one that cannot be executed.
 */
export function assertProgram(file: string, env: Environment, platform: NodeJS.Platform): void {
  const flaws = flawsOf(file, env, platform)
  if (flaws.includes(undefined)) return
  const flaw = flaws.find((each) => each !== ABSENT)
  if (flaw !== undefined) throw unusable(file, flaw)
  throw new JitError(
    'PROGRAM_MISSING',
    file.includes('/') ? `There is no program ${file}.` : `There is no program called ${file} on PATH.`,
    'Check its name.',
  )
}

/** Whether a shell would find this program. Starts nothing. */
export const isInstalled = (file: string, env: Environment, platform: NodeJS.Platform): boolean =>
  flawsOf(file, env, platform).includes(undefined)

const ABSENT = 'is not there'

/** Of each place where a shell looks for it: what keeps it from being started from there, `undefined` where nothing does. */
function flawsOf(file: string, env: Environment, platform: NodeJS.Platform): readonly (string | undefined)[] {
  if (platform === 'win32') return [undefined] // PATHEXT and App Paths: the system finds it or not
  if (file === '') return []
  const places = file.includes('/')
    ? [file]
    : (env['PATH'] ?? '').split(delimiter).map((each) => join(each || '.', file))
  return places.map((path) => flawOf(path))
}

function flawOf(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'is a directory'
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return ABSENT
    return code === 'EACCES' ? 'is not executable for you' : `cannot be executed (${code ?? 'unknown cause'})`
  }
}

/** Of a program that was there a moment ago. */
function startFailure(error: unknown): string {
  const code = errnoOf(error) ?? 'unknown cause'
  return code === 'ENOENT'
    ? 'could not be started: the interpreter that its first line names is not there, or it has just gone (ENOENT)'
    : `could not be started (${code})`
}

const unusable = (file: string, flaw: string, cause?: unknown): JitError =>
  new JitError('PROGRAM_UNUSABLE', `${file} ${flaw}.`, 'Nothing was run.', { cause })
