import { JitError } from '../../base/errors.ts'
import type { Entry, Lease, NewLease } from '../leases/types.ts'
import { chooseSink, nameOf } from './choose-sink.ts'
import type { CloudSink, Intent } from './clouds/types.ts'
import { grantDirectory } from './grant-directory.ts'
import type { EntryDelivery, EntryIntent, Guide, Parcel } from './types.ts'

/** Stands in for the grant's id while nobody has been asked yet. */
const NO_GRANT = { id: 'none', endsAt: 0 }

type Intended = { readonly sink: CloudSink; readonly intent: Intent }

type Parcelling = {
  /** Before anybody was asked. */
  readonly intended: (intents: readonly EntryIntent[]) => Promise<readonly Intended[]>
  /** Of a lease that is to be written. */
  readonly first: (lease: NewLease, deliveries: readonly EntryDelivery[]) => Promise<readonly Parcel[]>
  /** Of a lease that lives: by the sinks that wrote it. */
  readonly next: (lease: Lease, deliveries: readonly EntryDelivery[]) => readonly Parcel[]
  readonly guide: (lease: Lease) => readonly Guide[]
}

/** Hands what is to be delivered to the sinks that know how. `grants`: where the private directories lie. */
export function parcelling(sinks: readonly CloudSink[], grants: string): Parcelling {
  const intentOf = (
    { id, endsAt }: Pick<Lease, 'id' | 'endsAt'>,
    { target, profile, asDefault }: Pick<Intent, 'target' | 'profile' | 'asDefault'>,
  ): Intent => ({ lease: id, target, profile, asDefault, directory: grantDirectory(grants, id, endsAt) })
  const writerOf = ({ sink: name }: Entry): CloudSink => {
    const sink = sinks.find((each) => nameOf(each) === name)
    if (sink === undefined) throw new Error(`This jit has no sink called ${name}; a newer one wrote the lease.`)
    return sink
  }
  return {
    intended: async (intents) => {
      const intended: Intended[] = []
      for (const asked of intents) {
        const intent = intentOf(NO_GRANT, asked)
        const { sink } = await chooseSink(sinks, asked, intent)
        intended.push({ sink, intent })
      }
      return intended
    },
    first: async (lease, deliveries) => {
      const parcels: Parcel[] = []
      for (const [index, delivery] of deliveries.entries()) {
        refuseSecond(deliveries.slice(0, index), delivery)
        const { credential, ...rest } = delivery
        const intent = intentOf(lease, { ...rest, target: lease.target })
        const whole = { ...intent, endsAt: lease.endsAt, credential }
        const { sink, note } = await chooseSink(sinks, { ...intent, cloud: rest.cloud, deliver: lease.deliver }, whole)
        const asDefault = rest.asDefault && canBeDefault(sink)
        const told = note === undefined ? {} : { note }
        const entry = { ...rest, asDefault, sink: nameOf(sink), deliver: sink.mode, ...told }
        parcels.push({ sink, entry, delivery: { ...whole, asDefault } })
      }
      return parcels
    },
    next: (lease, deliveries) =>
      deliveries.map(({ credential, ...rest }) => {
        const before = lease.entries.find(({ cloud }) => cloud === rest.cloud)
        if (before === undefined) throw new Error(`The lease of ${lease.target} has no ${rest.cloud}.`)
        const { validUntil, renewAt } = rest
        const { renewAt: _last, ...kept } = before
        const entry: Entry = { ...kept, validUntil, ...(renewAt === undefined ? {} : { renewAt }) }
        const intent = intentOf(lease, { ...before, target: lease.target })
        return { sink: writerOf(before), entry, delivery: { ...intent, endsAt: lease.endsAt, credential } }
      }),
    guide: (lease) =>
      lease.entries.map((entry) => {
        const sink = writerOf(entry)
        const intent = intentOf(lease, { ...entry, target: lease.target })
        return { entry, environment: sink.environment(intent), usage: sink.usage(intent) }
      }),
  }
}

/** Only variables lead into a private directory, so nothing in it is what a client takes unasked. */
const canBeDefault = ({ mode, isNeverDefault = false }: CloudSink): boolean => mode !== 'isolated' && !isNeverDefault

/** The names that follow from lease and cloud would be those of two. */
function refuseSecond(others: readonly EntryDelivery[], { cloud }: EntryDelivery): void {
  if (others.every((each) => each.cloud !== cloud)) return
  throw new JitError(
    'ENDPOINT_INVALID',
    `The endpoint's answer holds two credentials of ${cloud} for one grant.`,
    'Tell the administrator of the endpoint: a target opens each cloud once.',
  )
}
