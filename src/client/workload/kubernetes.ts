import { JitError } from '../../base/errors.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

/** Where docs/ci.md mounts it. Not the pod's own token: that is for the API server, and would let the endpoint act as the pod. */
export const KUBERNETES_TOKEN_FILE = '/var/run/secrets/jit/token'

/** A projected service account token (kubernetes.io, "ServiceAccount token volume projection"); the kubelet keeps the file fresh. */
export const kubernetes: TokenSource = {
  provider: 'kubernetes',
  name: 'Kubernetes',
  kind: 'machine',
  isHere: ({ env, readText }) =>
    (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && readText(KUBERNETES_TOKEN_FILE) !== undefined,
  jobOf: ({ env }) => [env['HOSTNAME'] ?? ''],
  async fetch({ readText }, audience) {
    const text = readText(KUBERNETES_TOKEN_FILE)
    if (text !== undefined) return tokenIn(text, KUBERNETES_TOKEN_FILE)
    throw new JitError(
      'LOGIN_NEEDED',
      `There is no service account token at ${KUBERNETES_TOKEN_FILE}.`,
      `Mount one (serviceAccountToken, audience ${audience}), or name the file: JIT_WORKLOAD_TOKEN_FILE`,
    )
  },
}
