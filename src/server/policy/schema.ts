/** Of every call: its reason, when, and how whoever makes it is logged in. */
const CALL = `
  reasonLength: Long,
  now: datetime,
  hour: Long,
  minuteOfDay: Long,
  weekday: Long,
  flow: String,
  amr: Set<String>,
  acr?: String,
  authAgeSeconds?: Long,
  address: ipaddr,`

const CIRCUMSTANCES = `
  durationSeconds: Long,
  ticket?: String,${CALL}`

const ENTITIES = `
entity Group;
entity User in [Group] {
  issuer: String,
  subject: String,
  name: String,
  email?: String,
};
entity Pipeline;
entity Workload in [Pipeline] {
  issuer: String,
  subject: String,
  name: String,
  email?: String,
  provider: String,
} tags String;
entity Target {
  labels: Set<String>,
  clouds: Set<String>,
  maxDurationSeconds: Long,
};
entity Endpoint;
`

const ASKING = `
action request, autoApprove appliesTo {
  principal: [User, Workload],
  resource: Target,
  context: {${CIRCUMSTANCES}
  },
};
action approve appliesTo {
  principal: User,
  resource: Target,
  context: {${CIRCUMSTANCES}
  requester: { issuer: String, subject: String },
  },
};
`

const ADMINISTERING = `
action administer appliesTo {
  principal: User,
  resource: Endpoint,
  context: {
  scope: String,${CALL}
  },
};
`

/** What policies about requests can speak of, in Cedar's schema language. `docs/policy.md` explains each attribute. */
export const REQUEST_SCHEMA = `${ENTITIES}${ASKING}`
/** What policies about the kill switch can speak of. */
export const ADMINISTER_SCHEMA = `${ENTITIES}${ADMINISTERING}`
/** All that policies can speak of. */
export const POLICY_SCHEMA = `${ENTITIES}${ASKING}${ADMINISTERING}`

export const ACTIONS = ['request', 'autoApprove', 'approve'] as const
export type Action = (typeof ACTIONS)[number]
/** The action that is about no target. */
export const ADMINISTER = 'administer'
export type PolicyAction = Action | typeof ADMINISTER
/** The one resource of `administer`. */
export const ENDPOINT = { type: 'Endpoint', id: 'jit' } as const

/** Every attribute name of the schema, for "did you mean". */
export const ATTRIBUTES: readonly string[] = [
  ...new Set(
    [...POLICY_SCHEMA.matchAll(/(\w+)\??: (?:String|Long|Set<String>|datetime|ipaddr)/g)].map(([, name = '']) => name),
  ),
]
