import { defined } from '../../base/defined.ts'
import { object, type Reader, string } from '../../contract/narrow.ts'
import { type Person, readPerson } from '../../contract/person.ts'
import type { Stop, StopScope } from '../../contract/stop.ts'
import type { Actor } from '../audit/types.ts'
import type { StopRow } from '../store/types.ts'
import type { Caller } from './types.ts'
import { instantOf } from './view.ts'

/** Whoever threw a stop, as the call proved it. */
export type Thrower = { readonly person: Person; readonly jkt: string; readonly address: string }
/** What is stopped. */
export type Stopped =
  | { readonly scope: 'all'; readonly value: null }
  | { readonly scope: Exclude<StopScope, 'all'>; readonly value: string }
export type StopRecord = Omit<StopRow, 'byJson' | 'scope' | 'value'> & Stopped & { readonly by: Thrower }

const readThrower: Reader<Thrower> = object({ person: readPerson, jkt: string, address: string })

export const toStopRow = ({ by, ...stop }: StopRecord): StopRow => ({ ...stop, byJson: JSON.stringify(by) })

export const fromStopRow = ({ byJson, scope, value, ...stop }: StopRow): StopRecord => ({
  ...stop,
  ...stoppedOf(stop.id, scope, value),
  by: readThrower(JSON.parse(byJson), `stops[${stop.id}].by`),
})

function stoppedOf(id: string, scope: StopScope, value: string | null): Stopped {
  if (scope === 'all') return { scope, value: null }
  if (value === null) throw new Error(`stops[${id}]: a stop of scope ${scope} names nothing.`)
  return { scope, value }
}

export const throwerOf = ({ person, jkt, address }: Caller): Thrower => ({ person, jkt, address })

export function throwerAsActor({ by: { person, jkt, address } }: StopRecord): Actor {
  return { issuer: person.issuer, subject: person.subject, jkt, address }
}

export function viewStop({ id, scope, value, reason, by, at, liftedAt }: StopRecord): Stop {
  return defined({
    id,
    scope,
    value: value ?? undefined,
    reason,
    by: by.person,
    at: instantOf(at),
    liftedAt: liftedAt === null ? undefined : instantOf(liftedAt),
  })
}

/** Whose doing it is, and for what. */
export type Concerned = {
  readonly callers: readonly Pick<Caller, 'person' | 'flow' | 'workload'>[]
  readonly targets: readonly string[]
}

/** Whether a stop holds something up. One of scope `grant` has done all it does when it is thrown. */
export function concerns({ scope, value }: Pick<StopRow, 'scope' | 'value'>, { callers, targets }: Concerned): boolean {
  if (scope === 'all') return true
  if (value === null || scope === 'grant') return false
  if (scope === 'target') return targets.includes(value)
  return callers.some((caller) => (scope === 'pipeline' ? isOf(caller, value) : isNamed(caller, value)))
}

/** A job belongs to every pipeline whose ids it matched when it logged in; a stop of one of them stops it. */
const isOf = ({ workload }: Pick<Caller, 'workload'>, pipeline: string): boolean =>
  workload?.pipelines.includes(pipeline) === true

/**
 * By subject or e-mail address, however it is written: a stop that misses its person is worse than one that catches two. Which
 * claims a login asks for is the person's to choose, so anybody who shows no address may be the one whom an address means; a job
 * has none to hide.
 */
function isNamed({ person: { subject, email }, flow }: Pick<Caller, 'person' | 'flow'>, value: string): boolean {
  const name = folded(value)
  if (folded(subject) === name) return true
  return email === undefined ? flow !== 'workload' && ADDRESS.test(name) : folded(email) === name
}

const ADDRESS = /^[^\s@]+@[^\s@]+$/

export const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
