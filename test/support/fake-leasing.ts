import { JitError } from '../../src/base/errors.ts'
import { sharesProfile } from '../../src/client/leases/shares-profile.ts'
import type { Lease, OutboxEntry } from '../../src/client/leases/types.ts'
import type { Leasing } from '../../src/client/leasing.ts'
import { NOW } from './fake-approval.ts'

export const lease = (target: string, more: Partial<Lease> = {}): Lease => ({
  version: 1,
  id: `grant_${target}`,
  target,
  endpoint: 'https://jit.example',
  deliver: 'files',
  entries: [
    {
      cloud: 'aws',
      profile: `jit-${target}`,
      role: 'arn:aws:iam::111122223333:role/Admin',
      sink: 'aws-files',
      deliver: 'files',
      asDefault: false,
      validUntil: NOW + 3_000_000,
    },
  ],
  state: 'active',
  writtenAt: NOW - 600_000,
  endsAt: NOW + 3_000_000,
  writtenAtBootSeconds: 0,
  places: [
    {
      kind: 'entry',
      format: 'aws-credentials',
      cloud: 'aws',
      profile: `jit-${target}`,
      path: '/home/eve/.aws/credentials',
      temp: '',
      redo: '',
      backup: '',
      existed: true,
      madeDirectories: [],
      secretHashes: ['0'.repeat(64)],
    },
  ],
  attempts: 0,
  ...more,
})

export type FakeLeasing = {
  readonly leases?: readonly Lease[]
  /** Targets whose credentials refuse to go. */
  readonly stuck?: readonly string[]
  /** Profiles that the user has taken. */
  readonly taken?: readonly string[]
  /** Targets whose credentials cannot be written. */
  readonly unwritable?: readonly string[]
  readonly outbox?: readonly OutboxEntry[]
  readonly diskFull?: boolean
  /** What a write waits for when its credentials are usable. */
  readonly watch?: (calls: string[]) => Promise<void>
  /** Grants whose record cannot be read. */
  readonly torn?: readonly string[]
}

/** Leases over memory; `calls` says what was done, in order. */
export function fakeLeasing(
  given: FakeLeasing,
  calls: string[],
): Leasing & { readonly queued: () => readonly OutboxEntry[] } {
  let leases = [...(given.leases ?? [])]
  let torn = [...(given.torn ?? [])]
  let queue = [...(given.outbox ?? [])]
  const wipe: Leasing['wipe'] = async (ids, reason) => {
    const chosen = leases.filter(({ id }) => ids.includes(id))
    for (const { target } of chosen) calls.push(`wipe ${target}`)
    const isStuck = ({ target }: Lease): boolean => given.stuck?.includes(target) === true
    leases = leases.filter((each) => !chosen.includes(each) || isStuck(each))
    const found = torn.filter((id) => ids.includes(id))
    torn = torn.filter((id) => !found.includes(id))
    return [
      ...chosen.map((each) =>
        isStuck(each)
          ? { lease: each.id, target: each.target, wiped: false as const, why: 'EACCES' }
          : { lease: each.id, target: each.target, wiped: true as const, reason },
      ),
      ...found.map((id) => ({ lease: id, target: '', wiped: true as const, reason })),
    ]
  }
  return {
    check: async (intents) => {
      for (const { profile } of intents) {
        calls.push(`check ${profile}`)
        if (given.taken?.includes(profile) === true)
          throw new JitError('PROFILE_TAKEN', `You already have a profile called ${profile}.`, 'Rename yours.')
      }
    },
    write: async (fresh, deliveries, onUsable) => {
      if (given.unwritable?.includes(fresh.target) === true)
        throw new JitError('WRITE_FAILED', `No space left for ${fresh.target}.`, 'Make room.')
      calls.push(`write ${fresh.target}`)
      const entries = deliveries.map(({ credential: _secret, ...entry }) => ({
        ...entry,
        sink: `${entry.cloud}-files`,
        deliver: fresh.deliver,
      }))
      const written = lease(fresh.target, { ...fresh, entries, writtenAt: NOW })
      leases = [...leases.filter((each) => !sharesProfile(each.entries, entries)), written]
      onUsable?.(written)
      await given.watch?.(calls)
      return written
    },
    renew: async (id) => {
      calls.push(`renew ${id}`)
      const known = leases.find((each) => each.id === id)
      if (known === undefined) throw new JitError('GRANT_ENDED', `The grant ${id} is over.`, 'Ask again.')
      return known
    },
    guide: ({ entries }) => entries.map((entry) => ({ entry, environment: {}, usage: [] })),
    list: () => leases,
    unreadable: () =>
      torn.map((id) => ({ id, file: `/state/${id}.lease`, why: 'it is torn', paths: [], newer: false })),
    wipe,
    due: () => false,
    sweep: () =>
      wipe(
        leases.filter(({ endsAt }) => endsAt <= NOW).map(({ id }) => id),
        'ttl',
      ),
    heard: ({ endpoint }) => void calls.push(`heard ${endpoint}`),
    runReaper: async () => undefined,
    outbox: {
      list: () => queue,
      add: (entry) => {
        if (given.diskFull === true) throw new JitError('WRITE_FAILED', 'No space left.', 'Make room.')
        calls.push(`queue ${entry.grant}`)
        queue.push(entry)
      },
      remove: (message) => {
        queue = queue.filter((each) => each.grant !== message.grant || each.kind !== message.kind)
      },
    },
    queued: () => queue,
  }
}
