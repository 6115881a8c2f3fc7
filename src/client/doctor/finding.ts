import type { JitError } from '../../base/errors.ts'
import type { Finding } from './types.ts'

export const ok = (says: string): Finding => ({ level: 'ok', says })

export const note = (says: string, mend?: string): Finding => ({
  level: 'note',
  says,
  ...(mend === undefined ? {} : { mend }),
})

/** A refusal that a command would meet too, in its own words. */
export const problemOf = ({ code, message, hint }: JitError): Finding => ({
  level: 'problem',
  says: message,
  code,
  ...(hint === '' ? {} : { mend: hint }),
})

export const FIX = 'jit doctor --fix'
