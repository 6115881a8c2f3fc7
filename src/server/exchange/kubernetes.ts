import { defined } from '../../base/defined.ts'
import type { Tokens } from '../tokens/types.ts'
import type { KubernetesExchange } from './exchange.ts'

/** The API server verifies the grant token by our keys, each time it is used, so there is nothing to exchange. */
export const createKubernetesExchange =
  (tokens: Pick<Tokens, 'kubernetesGrantToken'>): KubernetesExchange =>
  async (issue, access, notAfter) => {
    const { token, subject } = await tokens.kubernetesGrantToken(issue, access, notAfter)
    const { cluster, server, certificateAuthority, namespace, groups } = access
    return defined({
      cloud: 'kubernetes' as const,
      expiration: notAfter,
      notAfter,
      cluster,
      server,
      certificateAuthority,
      namespace,
      username: subject,
      groups,
      token,
    })
  }
