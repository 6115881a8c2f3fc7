import type { SimulatorOptions } from '../simulators/gcp/config.ts'
import type { Claims } from './issuer.ts'

export const PROJECT = 'acme-prod'
export const PROJECT_NUMBER = '123456789012'
export const POOL = `projects/${PROJECT_NUMBER}/locations/global/workloadIdentityPools/jit-pool`
export const PROVIDER = `${POOL}/providers/jit-endpoint`
/** As clients name it to the token service. */
export const AUDIENCE = `//iam.googleapis.com/${PROVIDER}`
export const SERVICE_ACCOUNT = `prod-db@${PROJECT}.iam.gserviceaccount.com`
const subjectFor = (target: string): string => `jit:${target}:alice@corp.example`
export const SUBJECT = subjectFor('prod-db')
export const PRINCIPAL = `principal://iam.googleapis.com/${POOL}/subject/${SUBJECT}`
export const principalSet = (target: string): string =>
  `principalSet://iam.googleapis.com/${POOL}/attribute.target/${target}`

/** As `jit-endpoint trust gcp` writes it. */
const CONDITION =
  "assertion.jit.target in ['prod-db', 'staging-db'] && assertion.sub.startsWith('jit:' + assertion.jit.target + ':')"

type Provider = SimulatorOptions['pools'][number]['providers'][number]
export type Changes = {
  readonly provider?: Partial<Provider>
  readonly more?: Partial<SimulatorOptions>
}

/**
 * An organisation that trusts `issuer` and lets target `prod-db` read buckets and projects, directly and as a service account
 * (clouds.md §3.7). `changes` for what a test is about.
 */
export function gcpOrganisation(issuer: string, { provider, more }: Changes = {}): SimulatorOptions {
  const target = principalSet('prod-db')
  return {
    allowLoopbackIssuers: true,
    projects: [
      {
        id: PROJECT,
        number: PROJECT_NUMBER,
        name: 'Acme production',
        bindings: [
          { role: 'roles/browser', members: [target, `serviceAccount:${SERVICE_ACCOUNT}`] },
          { role: 'roles/storage.admin', members: [target, `serviceAccount:${SERVICE_ACCOUNT}`] },
        ],
      },
      { id: 'acme-other', number: '999', bindings: [] },
    ],
    pools: [
      {
        project: PROJECT_NUMBER,
        id: 'jit-pool',
        providers: [
          {
            id: 'jit-endpoint',
            issuer,
            attributeMapping: {
              'google.subject': 'assertion.sub',
              'attribute.target': 'assertion.jit.target',
              'attribute.grant': 'assertion.jit.grant',
            },
            attributeCondition: CONDITION,
            ...provider,
          },
        ],
      },
    ],
    serviceAccounts: [
      {
        project: PROJECT,
        email: SERVICE_ACCOUNT,
        bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [target] }],
      },
    ],
    buckets: [
      { project: PROJECT, name: 'acme-ledger', objects: { 'q3.txt': 'numbers\n', 'old/q2.txt': 'more numbers\n' } },
      { project: 'acme-other', name: 'others-ledger', objects: { 'secret.txt': 'theirs\n' } },
    ],
    ...more,
  }
}

/** The claims that name the target, and whom Google's audit log names. */
export const targetClaims = (target: string): Claims => ({ sub: subjectFor(target), jit: { grant: 'g_1', target } })

/** Claims of a grant token for `prod-db` (clouds.md §1). */
export function grantClaims(issuer: string, nowMs: number, changes: Claims = {}): Claims {
  const now = Math.floor(nowMs / 1000)
  return {
    iss: issuer,
    aud: AUDIENCE,
    jti: 'j-1',
    iat: now - 30,
    nbf: now - 30,
    exp: now + 1200,
    amr: ['mfa'],
    ...targetClaims('prod-db'),
    ...changes,
  }
}
