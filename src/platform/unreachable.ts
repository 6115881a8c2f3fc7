import { type ErrorCode, JitError } from '../base/errors.ts'
import type { HttpError, HttpFailure } from './http.ts'

const TRY_AGAIN = 'Check the network or VPN, then try again.'
const HINT: Readonly<Partial<Record<HttpFailure, string>>> = {
  certificate: 'If your company signs its own certificates: NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem jit …',
  proxy: 'Check HTTPS_PROXY and NO_PROXY, then try again.',
  dns: 'Check the name and the network or VPN, then try again.',
}

/** A call that got no answer, as the error that the user sees. `who` starts the sentence: `The approval endpoint`. */
export function unreachable(code: ErrorCode, who: string, error: HttpError): JitError {
  if (error.failure === 'aborted')
    return new JitError('INTERRUPTED', 'Interrupted.', 'Run the command again to go on.', { cause: error })
  const verdict = error.failure === 'certificate' ? 'is not trusted' : 'cannot be reached'
  return new JitError(code, `${who} ${verdict}: ${error.message}.`, HINT[error.failure] ?? TRY_AGAIN, { cause: error })
}
