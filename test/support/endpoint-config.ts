import type { Config, ConfiguredTarget } from '../../src/server/config/types.ts'

/** A configuration with these targets and nothing else of note. */
export const configOf = (targets: readonly ConfiguredTarget[], changes: Partial<Config> = {}): Config => ({
  endpoint: 'https://jit.corp.example',
  listen: { host: '127.0.0.1', port: 8080 },
  trustedProxies: [],
  store: { kind: 'sqlite', path: '/x' },
  idp: { issuer: 'https://idp.corp.example', clients: { browser: 'b' }, scopes: ['openid'], groupsClaim: 'groups' },
  session: { accessTokenSeconds: 900 },
  requests: { pendingSeconds: 3600 },
  policyFiles: [],
  targets,
  aws: { audience: 'sts.amazonaws.com' },
  ...changes,
})
