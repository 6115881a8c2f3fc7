import { type DestinationStream, type Logger, pino } from 'pino'

/** Members that may hold a secret; they are logged nowhere, and if they were by mistake, they would show as `[redacted]`. */
const SECRET_MEMBERS = [
  'authorization',
  'dpop',
  'idToken',
  'accessToken',
  'jwe',
  'privateJwk',
  'privateJwkJson',
  'cookie',
]
const PATHS = SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
/** A JWS or JWE in compact form: both begin with the base64url of `{"`. Also inside messages and stacks. */
const COMPACT_JOSE = /eyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g

export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** JSON lines to `to`. No token gets through, whoever logs it. */
export function makeLog(to: DestinationStream, level: 'info' | 'silent' = 'info'): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: PATHS, censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => line.replace(COMPACT_JOSE, '[redacted]') },
    },
    to,
  )
}
