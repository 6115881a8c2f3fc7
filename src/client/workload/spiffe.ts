import { askProgram } from './token-program.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const PROGRAM = 'spire-agent'
const SOCKET = 'SPIFFE_ENDPOINT_SOCKET'
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/

/**
 * A JWT-SVID of SPIRE. The Workload API speaks gRPC over a socket, which is not worth a library here: `spire-agent` asks it, and
 * where spiffe-helper writes a file instead, JIT_WORKLOAD_TOKEN_FILE names it.
 */
export const spiffe: TokenSource = {
  provider: 'spiffe',
  name: 'SPIFFE',
  kind: 'machine',
  isHere: ({ env }) => (env[SOCKET] ?? '') !== '',
  jobOf: ({ env }) => [env[SOCKET] ?? '', env['HOSTNAME'] ?? ''],
  async fetch(deps, audience) {
    const socket = (deps.env[SOCKET] ?? '').replace(/^unix:(\/\/)?/, '')
    const args = ['api', 'fetch', 'jwt', '-audience', audience, ...(socket === '' ? [] : ['-socketPath', socket])]
    const hint = `Put ${PROGRAM} on the PATH, or have spiffe-helper write a JWT-SVID and name it: JIT_WORKLOAD_TOKEN_FILE`
    const text = await askProgram(deps, { file: PROGRAM, args, hint })
    return tokenIn(JWT.exec(text)?.[0] ?? '', PROGRAM)
  },
}
