import type { SimulatorConfig } from './config.ts'
import { evaluate, holds, NoValue } from './evaluate.ts'
import { type Expression, parseExpression } from './expression.ts'
import { TokenError, Unsupported } from './wire.ts'

export type State = 'active' | 'disabled' | 'deleted'

export type Provider = {
  /** `projects/N/locations/global/workloadIdentityPools/P/providers/X` */
  readonly name: string
  readonly pool: string
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly mapping: ReadonlyMap<string, Expression>
  readonly condition: Expression | undefined
}

/** Whom a federated token stands for. */
export type Identity = {
  readonly pool: string
  readonly subject: string
  readonly attributes: Readonly<Record<string, string>>
}

const ATTRIBUTE = /^attribute\.([a-z0-9_]{1,100})$/

/** Workload identity pools and providers with their states, which work at once. */
export function createPools(config: SimulatorConfig) {
  const states = new Map<string, State>()
  const providers = new Map<string, Provider>()
  for (const { project, id, state, providers: ofPool } of config.pools) {
    const pool = `projects/${project}/locations/global/workloadIdentityPools/${id}`
    states.set(pool, state)
    for (const provider of ofPool) {
      const name = `${pool}/providers/${provider.id}`
      states.set(name, provider.state)
      providers.set(name, readProvider(name, pool, provider))
    }
  }
  return {
    /** The provider, if it and its pool are neither disabled nor deleted. */
    provider(name: string): Provider | undefined {
      const provider = providers.get(name)
      const working = provider !== undefined && [name, provider.pool].every((each) => states.get(each) === 'active')
      return working ? provider : undefined
    },
    /** Existing tokens of a pool that is disabled or deleted stop working; the state of a provider is nothing to them (clouds.md §3.1). */
    isActive: (pool: string): boolean => states.get(pool) === 'active',
    setState(name: string, state: State): void {
      if (!states.has(name)) throw new Error(`no pool or provider ${name}`)
      states.set(name, state)
    },
  }
}
export type Pools = ReturnType<typeof createPools>

type ProviderConfig = SimulatorConfig['pools'][number]['providers'][number]

function readProvider(name: string, pool: string, config: ProviderConfig): Provider {
  const { issuer, allowedAudiences, attributeMapping, attributeCondition } = config
  const mapping = Object.entries(attributeMapping)
  if (!Object.hasOwn(attributeMapping, 'google.subject')) throw new Error(`${name} maps no google.subject`)
  if (mapping.length > 51) throw new Error(`${name} has more than 50 custom attributes`)
  for (const [key] of mapping)
    if (key !== 'google.subject' && !ATTRIBUTE.test(key)) throw new Unsupported(`the attribute ${key}`)
  return {
    name,
    pool,
    issuer,
    audiences:
      allowedAudiences.length > 0
        ? allowedAudiences
        : [`https://iam.googleapis.com/${name}`, `//iam.googleapis.com/${name}`],
    mapping: new Map(mapping.map(([key, text]) => [key, parseExpression(text)])),
    condition: attributeCondition === undefined ? undefined : parseExpression(attributeCondition),
  }
}

const SUBJECT_BYTES = 127
const MAPPED_BYTES = 8192

/** Maps the claims, then asks the provider's condition, as Google was seen to do before it looks at the subject. Throws {@link TokenError}. */
export function admit(provider: Provider, assertion: unknown): Identity {
  const mapped = [...provider.mapping].map(([key, expression]) => [key, mapOne(key, expression, assertion)] as const)
  const subject = mapped.find(([key]) => key === 'google.subject')?.[1]
  const attributes = Object.fromEntries(
    mapped.flatMap(([key, value]) => {
      const [, name] = ATTRIBUTE.exec(key) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
  const variables = { assertion, google: subject === undefined ? {} : { subject }, attribute: attributes }
  if (provider.condition !== undefined && !holds(provider.condition, variables))
    throw new TokenError('unauthorized_client', 'The given credential is rejected by the attribute condition.')
  if (subject === undefined || subject === '')
    throw new TokenError(
      'unauthorized_client',
      'Could not obtain a value for google.subject from the given credential.',
    )
  if (Buffer.byteLength(subject) > SUBJECT_BYTES)
    throw new TokenError(
      'invalid_request',
      `The size of mapped attribute google.subject exceeds the ${SUBJECT_BYTES} bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than ${SUBJECT_BYTES} bytes.`,
    )
  if (mapped.reduce((sum, [key, value = '']) => sum + Buffer.byteLength(key + value), 0) > MAPPED_BYTES)
    throw new TokenError('invalid_request', `The mapped attributes exceed the ${MAPPED_BYTES} bytes limit.`)
  return { pool: provider.pool, subject, attributes }
}

/** A claim that is not there leaves its attribute out. */
function mapOne(key: string, expression: Expression, assertion: unknown): string | undefined {
  try {
    const value = evaluate(expression, { assertion })
    if (typeof value !== 'string') throw new Unsupported(`${key} mapped to anything but a text`)
    return value
  } catch (error) {
    if (error instanceof NoValue) return undefined
    throw error
  }
}

/** The names by which IAM policies may mean this identity (IAM, "Principal identifiers"). */
export function principalsOf({ pool, subject, attributes }: Identity): readonly [string, ...string[]] {
  const at = `iam.googleapis.com/${pool}`
  return [
    `principal://${at}/subject/${subject}`,
    ...Object.entries(attributes).map(([name, value]) => `principalSet://${at}/attribute.${name}/${value}`),
    `principalSet://${at}/*`,
  ]
}
