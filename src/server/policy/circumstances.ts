import type { CedarValueJson, Context, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'
import { CLOUDS } from '../../contract/target.ts'
import type { Caller, Workload } from '../approvals/types.ts'
import type { ConfiguredTarget } from '../config/types.ts'
import { personId } from './person-id.ts'
import type { TagNames } from './tags.ts'
import type { Facts, StopFacts } from './types.ts'

/** A clock of the IdP that runs ahead by more than this makes its `auth_time` worthless. */
const CLOCK_SKEW_SECONDS = 60

/** Those attributes that another moment changes. They are always well-formed, so leaving out one that nobody asks for changes no answer. */
export const OF_THE_MOMENT: ReadonlySet<string> = new Set(['now', 'hour', 'minuteOfDay', 'weekday', 'authAgeSeconds'])

/** The attributes of `context` in POLICY_SCHEMA. Times are UTC; weekdays count from Monday = 1 (ISO 8601). */
export function circumstances(caller: Caller, facts: Facts): Context {
  return {
    durationSeconds: facts.durationSeconds,
    reasonLength: reasonLength(facts),
    ...(facts.ticket === undefined ? {} : { ticket: facts.ticket }),
    ...ofTheCall(caller, facts.nowMs),
  }
}

/** The attributes of `context` for `administer`. */
export function stopCircumstances(caller: Caller, facts: StopFacts): Context {
  return { scope: facts.scope, reasonLength: reasonLength(facts), ...ofTheCall(caller, facts.nowMs) }
}

/** When and how the caller calls. */
function ofTheCall(caller: Caller, nowMs: number): Context {
  const now = new Date(nowMs)
  return {
    now: extension('datetime', now.toISOString()),
    hour: now.getUTCHours(),
    minuteOfDay: now.getUTCHours() * 60 + now.getUTCMinutes(),
    weekday: now.getUTCDay() === 0 ? 7 : now.getUTCDay(),
    flow: caller.flow,
    amr: [...caller.amr],
    ...(caller.acr === undefined ? {} : { acr: caller.acr }),
    ...authAge(caller.authTime, nowMs),
    address: extension('ip', plainAddress(caller.address)),
  }
}

/** In characters, as a person counts them. */
export const reasonLength = ({ reason }: Pick<Facts, 'reason'>): number => Array.from(reason).length

function authAge(authTime: number | undefined, nowMs: number): Context {
  if (authTime === undefined) return {}
  const age = Math.floor(nowMs / 1000 - authTime)
  return age >= -CLOCK_SKEW_SECONDS ? { authAgeSeconds: Math.max(0, age) } : {}
}

const extension = (fn: string, arg: string): CedarValueJson => ({ __extn: { fn, arg } })

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) is that IPv4 address, or no range of a policy would hold it. Zones go: `fe80::1%eth0`. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%')
  if (!bare.includes(':') || !URL.canParse(`http://[${bare}]`)) return bare
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(new URL(`http://[${bare}]`).hostname)
  if (mapped === null) return bare
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The caller as an entity: a person among his groups, or a job among its pipelines. */
export const callerEntity = (caller: Caller, named: ReadonlySet<string>, tags: TagNames = 'all'): EntityJson =>
  caller.workload === undefined ? userEntity(caller, named) : workloadEntity(caller, caller.workload, tags)

/** Its claims are tags: policies test `principal.hasTag("ref") && principal.getTag("ref") == "refs/heads/main"`. */
function workloadEntity({ person }: Caller, { provider, pipelines, claims }: Workload, tags: TagNames): EntityJson {
  const { issuer, subject, name, email } = person
  return {
    uid: { type: 'Workload', id: personId(person) },
    attrs: { issuer, subject, name, provider, ...(email === undefined ? {} : { email }) },
    parents: pipelines.map((id) => ({ type: 'Pipeline', id })),
    tags: Object.fromEntries(Object.entries(claims).filter(([name]) => tags === 'all' || tags.has(name))),
  }
}

/** Of his groups only those that some policy names matter; he may be in thousands. */
function userEntity({ person, groups }: Caller, named: ReadonlySet<string>): EntityJson {
  const { issuer, subject, name, email } = person
  return {
    uid: { type: 'User', id: personId(person) },
    attrs: { issuer, subject, name, ...(email === undefined ? {} : { email }) },
    parents: groups.filter((group) => named.has(group)).map((id) => ({ type: 'Group', id })),
  }
}

export function targetEntity(target: ConfiguredTarget): EntityJson {
  return {
    uid: { type: 'Target', id: target.name },
    attrs: { labels: [...target.labels], clouds: clouds(target), maxDurationSeconds: target.maxDurationSeconds },
    parents: [],
  }
}

export const clouds = (target: ConfiguredTarget): string[] => CLOUDS.filter((cloud) => target[cloud] !== undefined)
