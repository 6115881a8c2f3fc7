import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { KnownKey } from './conditions.ts'
import type { SimulatorConfig } from './config.ts'
import { type PolicyDocument, parsePolicy } from './policy-document.ts'

/** A role as STS and IAM see it. `policies` are those that work at `now`: changes take a while. */
export type Role = {
  readonly account: string
  readonly name: string
  readonly arn: string
  readonly id: string
  readonly maxSessionSeconds: number
  readonly trust: PolicyDocument
  policies(): readonly PolicyDocument[]
}

/** A cloud session. `policy` is its session policy; a chained session does not inherit it. */
export type Session = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly role: Role
  readonly name: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly policy: PolicyDocument | undefined
  readonly tags: ReadonlyMap<string, string>
  readonly sourceIdentity: string | undefined
  readonly federatedProvider: string | undefined
}

export const sessionArn = ({ role, name }: Pick<Session, 'role' | 'name'>): string =>
  `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`
export const userId = ({ role, name }: Pick<Session, 'role' | 'name'>): string => `${role.id}:${name}`
export const providerArn = ({ account, url }: { readonly account: string; readonly url: string }): string =>
  `arn:aws:iam::${account}:oidc-provider/${withoutScheme(url)}`
export const withoutScheme = (url: string): string => url.replace(/^https?:\/\//, '')

const GLOBAL = ['aws:currenttime', 'aws:epochtime', 'aws:securetransport']
const AT_USE = [
  'aws:tokenissuetime',
  'aws:userid',
  'aws:sourceidentity',
  'aws:federatedprovider',
  'aws:principalarn',
  'aws:principalaccount',
]

/** Condition keys of requests that a session makes. */
export const knownAtUse: KnownKey = (key) =>
  GLOBAL.includes(key) || AT_USE.includes(key) || key.startsWith('aws:principaltag/') ? 'one' : undefined

/** Condition keys of trust policies: of a private issuer only `aud`, `sub` and `amr` (clouds.md §0.6). */
export function knownInTrust(issuers: readonly string[]): KnownKey {
  const ofIssuer: ReadonlyMap<string, 'one' | 'many'> = new Map(
    issuers.flatMap((url) => {
      const prefix = withoutScheme(url).toLowerCase()
      return [
        [`${prefix}:aud`, 'one'],
        [`${prefix}:sub`, 'one'],
        [`${prefix}:amr`, 'many'],
      ] as const
    }),
  )
  return (key) => {
    if (key === 'aws:tagkeys' || key === 'sts:transitivetagkeys') return 'many'
    if (key === 'sts:sourceidentity' || key === 'sts:rolesessionname' || GLOBAL.includes(key)) return 'one'
    return key.startsWith('aws:requesttag/') ? 'one' : ofIssuer.get(key)
  }
}

type Version = { readonly visibleAt: number; readonly documents: ReadonlyMap<string, PolicyDocument> }

/** Roles, providers and sessions of all accounts. */
export function createAccounts(config: SimulatorConfig, now: () => number) {
  const trustKeys = knownInTrust(config.providers.map(({ url }) => url))
  const versions = new Map<string, Version[]>()
  const sessions = new Map<string, Session>()
  const delay = { ms: config.policyDelaySeconds * 1000 }

  const current = (arn: string): Version['documents'] =>
    (versions.get(arn) ?? []).findLast(({ visibleAt }) => visibleAt <= now())?.documents ?? new Map()
  const latest = (arn: string): Version['documents'] => versions.get(arn)?.at(-1)?.documents ?? new Map()
  const change = (arn: string, documents: Version['documents']): void => {
    versions.set(arn, [...(versions.get(arn) ?? []), { visibleAt: now() + delay.ms, documents }])
  }

  const roles = new Map<string, Role>()
  for (const { account, name, path, maxSessionSeconds, trust, policies } of config.roles) {
    const arn = `arn:aws:iam::${account}:role${path}${name}`
    const documents = Object.entries(policies).map(
      ([policy, document]) => [policy, parsePolicy(document, 'identity', knownAtUse)] as const,
    )
    versions.set(arn, [{ visibleAt: Number.NEGATIVE_INFINITY, documents: new Map(documents) }])
    roles.set(arn, {
      account,
      name,
      arn,
      id: `AROA${createHash('sha256').update(arn).digest('hex').toUpperCase().slice(0, 17)}`,
      maxSessionSeconds,
      trust: parsePolicy(trust, 'trust', trustKeys),
      policies: () => [...current(arn).values()],
    })
  }

  return {
    providers: config.providers,
    role: (arn: string): Role | undefined => roles.get(arn),
    session: (accessKeyId: string): Session | undefined => sessions.get(accessKeyId),
    sessions: (): readonly Session[] => [...sessions.values()],

    open(of: Omit<Session, 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'issuedAt'>): Session {
      const session: Session = {
        ...of,
        issuedAt: now(),
        accessKeyId: `ASIA${base32(16)}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(240).toString('base64')}`,
      }
      sessions.set(session.accessKeyId, session)
      return session
    },

    putRolePolicy: (arn: string, name: string, document: unknown): void => {
      if (!roles.has(arn)) throw new Error(`no role ${arn}`)
      change(arn, new Map([...latest(arn), [name, parsePolicy(document, 'identity', knownAtUse)]]))
    },
    deleteRolePolicy: (arn: string, name: string): void => {
      change(arn, new Map([...latest(arn)].filter(([each]) => each !== name)))
    },
    setPolicyDelay: (ms: number): void => {
      delay.ms = ms
    },
  }
}
export type Accounts = ReturnType<typeof createAccounts>

export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const base32 = (length: number): string =>
  Array.from(randomBytes(length), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(byte & 31)).join('')
