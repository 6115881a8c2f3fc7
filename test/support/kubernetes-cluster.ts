import type { SimulatorOptions } from '../simulators/kubernetes/config.ts'
import type { Claims } from './issuer.ts'

export const AUDIENCE = 'https://kubernetes.corp.example/prod'
export const USER = 'alice@corp.example'
/** How long a token may be valid altogether, by the cluster's own rule. */
export const LONGEST_SECONDS = 900

/** A cluster that trusts `issuer` and lets the group `jit:prod-viewers` read the pods of `prod`. */
export function kubernetesCluster(
  issuer: string,
  tls: SimulatorOptions['tls'],
  more: Partial<SimulatorOptions> = {},
): SimulatorOptions {
  return {
    tls,
    allowLoopbackIssuers: true,
    authentication: {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: { url: issuer, audiences: [AUDIENCE] },
          claimValidationRules: [
            { expression: `claims.exp - claims.iat <= ${LONGEST_SECONDS}`, message: 'the token lives too long' },
          ],
          claimMappings: {
            username: { claim: 'sub', prefix: 'jit:' },
            groups: { claim: 'groups', prefix: 'jit:' },
            extra: [{ key: 'jit.corp.example/grant', valueExpression: 'claims.jit.grant' }],
          },
          userValidationRules: [
            { expression: "!user.username.startsWith('system:')", message: 'reserved username' },
            { expression: "user.groups.all(group, !group.startsWith('system:'))", message: 'reserved group' },
          ],
        },
      ],
    },
    permissions: [
      { groups: ['jit:prod-viewers'], resources: ['pods', 'pods/log'], verbs: ['get', 'list'], namespaces: ['prod'] },
    ],
    namespaces: ['default', 'prod'],
    pods: [
      { namespace: 'prod', name: 'ledger-7d9f' },
      { namespace: 'prod', name: 'ledger-8c1a' },
      { namespace: 'default', name: 'probe' },
    ],
    ...more,
  }
}

/** Claims of a grant token for the cluster. */
export function grantClaims(issuer: string, nowMs: number, changes: Claims = {}): Claims {
  const now = Math.floor(nowMs / 1000)
  return {
    iss: issuer,
    sub: USER,
    aud: AUDIENCE,
    groups: ['prod-viewers'],
    jit: { grant: 'g_1' },
    jti: 'j-1',
    iat: now - 30,
    nbf: now - 30,
    exp: now + 300,
    ...changes,
  }
}
