const CIRCUMSTANCES = `
  durationSeconds: Long,
  reasonLength: Long,
  ticket?: String,
  now: datetime,
  hour: Long,
  minuteOfDay: Long,
  weekday: Long,
  flow: String,
  amr: Set<String>,
  acr?: String,
  authAgeSeconds?: Long,
  address: ipaddr,`

/** What policies can speak of, in Cedar's schema language. `docs/policy.md` explains each attribute. */
export const POLICY_SCHEMA = `
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

export const ACTIONS = ['request', 'autoApprove', 'approve'] as const
export type Action = (typeof ACTIONS)[number]

/** Every attribute name of the schema, for "did you mean". */
export const ATTRIBUTES: readonly string[] = [
  ...new Set(
    [...POLICY_SCHEMA.matchAll(/(\w+)\??: (?:String|Long|Set<String>|datetime|ipaddr)/g)].map(([, name = '']) => name),
  ),
]
