import { EXIT_CODE, JitError } from '../../base/errors.ts'
import { errnoOf } from '../../base/errno.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { Paint } from './paint.ts'

/** A failure as it leaves the program: on stderr, for people or (with `--json`) for programs. */
export type Rendered = { readonly text: string; readonly exitCode: number }

export type RenderOptions = {
  readonly json: boolean
  readonly paint: Paint
  /** `JIT_DEBUG=1`: the stack, causes included. */
  readonly debug: boolean
}

/** The one place where a failure becomes text. Anything but a {@link JitError} is a bug: exit code 1. */
export function renderError(error: unknown, { json, paint, debug }: RenderOptions): Rendered {
  const { code, message, hint, exitCode } = describe(error)
  const stack = debug ? `\n${stackOf(error).split('\n').map(terminalText).join('\n')}` : ''
  const text = json
    ? JSON.stringify({ error: { code, message, hint } })
    : `${paint.error('jit:')} ${message}${hint === '' ? '' : `\n     ${hint}`}`
  return { text: `${text}${stack}`, exitCode }
}

function describe(error: unknown) {
  if (error instanceof JitError)
    return {
      code: error.code,
      message: terminalText(error.message),
      hint: terminalText(error.hint),
      exitCode: EXIT_CODE[error.code],
    }
  const denied = deniedPath(error)
  if (denied !== undefined)
    return {
      code: 'STATE_CORRUPT',
      message: `${terminalText(denied.path)} cannot be used (${denied.code}).`,
      hint: 'See who owns it and its directories, or choose others: jit help environment',
      exitCode: EXIT_CODE.STATE_CORRUPT,
    }
  return {
    code: 'BUG',
    message: `This is a bug in jit: ${terminalText(error instanceof Error ? `${error.name}: ${error.message}` : String(error))}`,
    hint: 'Please report it with the output of the same command under JIT_DEBUG=1. No grant was lost; see: jit status',
    exitCode: 1,
  }
}

/** What the system keeps from this user is no bug, wherever it comes up. */
function deniedPath(error: unknown): { readonly path: string; readonly code: string } | undefined {
  const code = errnoOf(error)
  if (!(error instanceof Error) || !('path' in error) || typeof error.path !== 'string') return undefined
  return code !== undefined && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ELOOP'].includes(code)
    ? { path: error.path, code }
    : undefined
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`
}
