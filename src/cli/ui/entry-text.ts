import { terminalText } from '../../base/terminal-text.ts'
import type { Entry, Lease } from '../../client/leases/types.ts'
import type { LiveGrant } from '../../client/status.ts'
import { timeOfDay } from './time.ts'

/** Where a choice of the user's is looked for by its hash, as secrets are, without being one. */
const WITHOUT_SECRETS = 'az-clouds'

/** Files that hold secrets of one cloud of a lease. What is encrypted says so. */
export const secretPlaces = ({ places }: Pick<Lease, 'places'>, { cloud }: Pick<Entry, 'cloud'>): readonly string[] =>
  places
    .filter((place) => place.cloud === cloud && place.secretHashes.length > 0 && place.format !== WITHOUT_SECRETS)
    .map(({ path, kind }) => (kind === 'sealed' ? `${path} (encrypted)` : path))

/**
 * Until when the cloud itself takes what lies here: copied before the wipe, a credential works that long. Later than the grant
 * where a cloud decides alone (Entra), earlier where a long grant is renewed in slices.
 */
export const atCloudUntil = ({ validUntil }: Pick<Entry, 'validUntil'>, now: number): string =>
  validUntil <= now ? 'lapsed' : timeOfDay(validUntil, now)

/** That a cloud is delivered otherwise than it was asked for, and why; whoever asked for encryption learns that there is none. */
export const noteText = (
  { deliver: asked }: Pick<Lease, 'deliver'>,
  { cloud, deliver, note }: Pick<Entry, 'cloud' | 'deliver' | 'note'>,
): readonly string[] => {
  if (note === undefined) return []
  const plain = asked === 'process' && deliver !== 'process' ? ', unencrypted' : ''
  return [terminalText(`${cloud} is delivered ${deliver}${plain}. ${note}${/[.!?]$/.test(note) ? '' : '.'}`)]
}

export const entryJson = (lease: Lease, entry: Entry) => ({
  cloud: entry.cloud,
  profile: entry.profile,
  role: entry.role,
  deliver: entry.deliver,
  asDefault: entry.asDefault,
  ...(entry.note === undefined ? {} : { note: entry.note }),
  cloudTakesItUntil: new Date(entry.validUntil).toISOString(),
  ...(entry.renewAt === undefined ? {} : { renewedAt: new Date(entry.renewAt).toISOString() }),
  secretPlaces: secretPlaces(lease, entry),
})

/** Clouds whose slice has run out although the grant goes on, and why; or why it will run out. */
export function unrenewedText({ lease, unrenewed }: LiveGrant, now: number): readonly string[] {
  const { state, entries, endsAt } = lease
  if (state !== 'active' || now >= endsAt) return []
  const target = terminalText(lease.target)
  const why = unrenewed === undefined ? ASK_WHO : `${terminalText(unrenewed.message)} ${terminalText(unrenewed.hint)}`
  const lapsed = entries.filter(({ validUntil }) => validUntil <= now).map(({ cloud }) => cloud)
  if (lapsed.length > 0) return [`${target}: lapsed; ${lapsed.join(', ')} no longer takes what lies here. ${why}`]
  return unrenewed === undefined ? [] : [`${target}: could not be renewed yet. ${why}`]
}

const ASK_WHO = 'It could not be renewed yet. See whether you are logged in: jit whoami'

/** A minute is the noise between clocks. */
const NOTEWORTHY_MS = 60_000

/** Clouds that go on taking a copied credential after the end here. */
export const outlivesText = ({ entries, endsAt }: Lease, now: number): readonly string[] =>
  entries
    .filter(({ validUntil }) => validUntil > endsAt + NOTEWORTHY_MS)
    .map(
      ({ cloud, validUntil }) =>
        `When it is wiped here, ${cloud} itself would still take a copy, until ${timeOfDay(validUntil, now)}.`,
    )
