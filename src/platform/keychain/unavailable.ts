import { JitError } from '../../base/errors.ts'

/** Every call of a key store ends within this, whatever a locked or hanging keychain does. */
export const KEY_STORE_LIMIT_MS = 3000

const CHOICES =
  'or choose where to keep the key: JIT_KEY_STORE=keyutils (Linux, until reboot), JIT_KEY_STORE=passphrase-file, ' +
  'or in CI JIT_KEY_STORE=memory. At login: jit login --key-store CHOICE'

/** `then` says what would make this very store work, and continues with the other choices. */
export const unavailable = (message: string, then: string, cause?: unknown): JitError =>
  new JitError('SECRET_STORE', message, `${then}, ${CHOICES}`, { cause })
