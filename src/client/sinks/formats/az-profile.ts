import { append, type Json, jsonOf, removeAt, replaceAt, textAt, valueAt } from '../../../base/json-splice.ts'
import { holdsSecret } from '../../../base/unmarked-secrets.ts'
import { bytesOf, grafted, isRecord, readAzFile, readContent, readIfWhole, same, taken } from './az-json.ts'
import { addRecord, type AzRecord, changeRecord, recordsIn, removeRecords, tornRecord } from './az-record.ts'
import type { Access, Subscription } from './az-subscriptions.ts'
import {
  assertProfile,
  CLOUD,
  defaultsIn,
  entryFor,
  isOf,
  LIST,
  subscriptionsIn,
  withDefault,
} from './az-subscriptions.ts'
import type { Format, Found, NewEntry } from './types.ts'

export type ProfileContent = Access & { readonly tenantId: string; readonly asDefault: boolean }

/** As `az` begins it. */
const START = '\uFEFF{}'

/**
 * `azureProfile.json`: the subscription under our service principal. `az` takes one entry per subscription, so the user's own entry
 * of the same one steps aside and lies in our record until the lease ends.
 */
export const azProfile: Format = {
  name: 'az-profile',
  secret: false,
  check(path, bytes, { profile, asDefault, content }) {
    const { json } = readAzFile(bytes, START, path)
    assertProfile(json, path)
    assertNameFree(json, profile, path)
    if (content !== undefined) assertFree(json, profile, { ...readContent(content, isContent), asDefault })
  },
  find(bytes) {
    const json = readIfWhole(bytes)
    const torn = tornRecord(bytes)
    return json === undefined ? (torn === undefined ? [] : [foundOf(torn.record)]) : recordsIn(json).map(foundOf)
  },
  insert(bytes, entry) {
    const replaced = (old: { readonly lease: string; readonly profile?: string }): boolean =>
      old.lease === entry.lease || old.profile === entry.profile
    const { json, wasEmpty } = readAzFile(azProfile.remove(bytes, replaced), START)
    assertProfile(json)
    assertNameFree(json, entry.profile)
    const wanted = readContent(entry.content, isContent)
    // the user may have made the entry that is replaced his default by himself
    const asDefault = wanted.asDefault || isDefaultOf(bytes, replaced)
    assertFree(json, entry.profile, { ...wanted, asDefault })
    return bytesOf(withEntry(json, entry, { ...wanted, asDefault }, wasEmpty))
  },
  remove: (bytes, pick) => removeRecords(bytes, (record) => pick(foundOf(record)), withoutEntry),
  removeUnmarked: (bytes) => bytes,
  holdsSecret,
  graft: (theirs, current) =>
    grafted(theirs, current, recordsIn, withoutOurs, (bytes, record) => {
      const { json, wasEmpty } = readAzFile(bytes, START)
      const asDefault = isDefaultOf(theirs, ({ lease }) => lease === record.lease)
      return withEntry(json, record, { ...knowledgeOf(record), asDefault }, wasEmpty)
    }),
}

const withoutOurs = (bytes: Buffer): Buffer => azProfile.remove(bytes, () => true)

/** Whether the user can reach this subscription by a login of his own, also while ours has taken its place. */
export function hasOwnSubscription(bytes: Buffer, id: string): boolean {
  const json = readIfWhole(bytes)
  if (json === undefined) return false
  const displaced = recordsIn(json).map(knowledgeOf)
  return (
    subscriptionsIn(json).some((each) => same(each.id, id) && ownerOf(json, each) === undefined) ||
    displaced.some((each) => same(each.id, id) && each.displaced !== undefined)
  )
}

const foundOf = ({ lease, expiresAt, profile }: AzRecord): Found => ({ lease, expiresAt, profile, secrets: [] })

const isContent = (value: unknown): value is ProfileContent =>
  isRecord(value) && typeof value['id'] === 'string' && typeof value['clientId'] === 'string'

/** `defaults`: who was the default before us. `displaced`: the user's entry, as it was written. */
type Knowledge = Access & {
  readonly tenantId: string
  readonly defaults: readonly string[]
  readonly displaced?: string
}

function knowledgeOf({ more }: AzRecord): Knowledge {
  const { id, clientId, tenantId, defaults, displaced } = more
  return {
    id: String(id),
    clientId: String(clientId),
    tenantId: String(tenantId),
    defaults: Array.isArray(defaults) ? defaults.filter((each) => typeof each === 'string') : [],
    ...(typeof displaced === 'string' && { displaced }),
  }
}

const ownIn = (json: Json, record: AzRecord): Subscription | undefined =>
  subscriptionsIn(json).find((each) => isOf(each, knowledgeOf(record)))

/** Whose entry this is, where it is one of ours. */
const ownerOf = (json: Json, subscription: Subscription): AzRecord | undefined =>
  recordsIn(json).find((record) => isOf(subscription, knowledgeOf(record)))

function isDefaultOf(bytes: Buffer, pick: (record: AzRecord) => boolean): boolean {
  const json = readIfWhole(bytes)
  if (json === undefined) return false
  return recordsIn(json).some((record) => pick(record) && ownIn(json, record)?.isDefault === true)
}

/** `az` finds subscriptions by name in any case, and refuses to choose between two. */
function assertNameFree(json: Json, profile: string, path = 'the files of az'): void {
  const other = subscriptionsIn(json).find(
    (each) => same(each.name, profile) && ownerOf(json, each)?.profile !== profile,
  )
  if (other !== undefined) throw taken(`There already is a subscription ${profile} in ${path}, and it is not jit's`)
}

function assertFree(json: Json, profile: string, { id, asDefault }: ProfileContent): void {
  const there = subscriptionsIn(json).filter((each) => same(each.id, id) && ownerOf(json, each)?.profile !== profile)
  const owner = there.map((each) => ownerOf(json, each)).find((each) => each !== undefined)
  if (owner !== undefined)
    throw taken(`Grant ${owner.lease} (${owner.profile}) uses subscription ${id} in the files of az`)
  if (there.length > 1) throw taken(`The Azure CLI has subscription ${id} twice in its list`)
  if (!asDefault && there.some(({ isDefault }) => isDefault))
    throw taken(
      `Subscription ${id} is the default of az under your own login, which jit changes with --as-default only`,
    )
}

function withEntry(
  json: Json,
  { lease, expiresAt, profile }: Pick<NewEntry, 'lease' | 'expiresAt' | 'profile'>,
  wanted: ProfileContent,
  wasEmpty: boolean,
): Json {
  const made = textAt(json, [LIST]) === undefined ? [LIST] : []
  const whole = made.length === 0 ? json : append(json, [], '[]', LIST)
  const there = subscriptionsIn(whole).find(({ id }) => same(id, wanted.id))
  const others = defaultsIn(whole).filter(({ id }) => !same(id, wanted.id))
  const isDefault = wanted.asDefault || subscriptionsIn(whole).every(({ cloud }) => cloud !== CLOUD)
  const undefaulted = isDefault ? others.reduce((at, each) => withDefault(at, each, false), whole) : whole
  const entry = entryFor(wanted, wanted.tenantId, profile, isDefault)
  const next =
    there === undefined ? append(undefaulted, [LIST], entry) : replaceAt(undefaulted, [LIST, there.index], entry)
  const knowledge: Knowledge = {
    id: wanted.id,
    clientId: wanted.clientId,
    tenantId: wanted.tenantId,
    defaults: others.map(({ id }) => id),
    ...(there !== undefined && { displaced: textAt(undefaulted, [LIST, there.index]) ?? '' }),
  }
  return addRecord(next, { lease, expiresAt, profile, more: knowledge }, made, wasEmpty)
}

function withoutEntry(json: Json, record: AzRecord): Json {
  const own = ownIn(json, record)
  const { displaced } = knowledgeOf(record)
  const bare =
    own === undefined
      ? json
      : displaced === undefined
        ? removeAt(json, [LIST, own.index])
        : replaceAt(json, [LIST, own.index], displaced)
  const rest = own === undefined && displaced !== undefined ? broughtBack(bare, displaced, record) : bare
  return passOn(giveDefaultBack(rest, record, own?.isDefault ?? defaultsIn(rest).length === 0), record)
}

/** `az` has dropped our entry, e.g. when the user logged our service principal out. */
function broughtBack(json: Json, displaced: string, record: AzRecord): Json {
  const { id } = knowledgeOf(record)
  const isThere = subscriptionsIn(json).some((each) => same(each.id, id)) // logged in anew
  return isThere || textAt(json, [LIST]) === undefined ? json : append(json, [LIST], displaced)
}

/** To whom it was before us; or keeps it from who had it before us, where somebody else has it by now. */
function giveDefaultBack(json: Json, record: AzRecord, isFree: boolean): Json {
  const { id, displaced, defaults } = knowledgeOf(record)
  const back = displaced === undefined ? undefined : defaultsIn(json).find((each) => same(each.id, id))
  if (!isFree) return back === undefined || defaultsIn(json).length === 1 ? json : withDefault(json, back, false)
  if (defaultsIn(json).length > 0) return json
  return subscriptionsIn(json)
    .filter((each) => defaults.includes(each.id))
    .reduce((at, each) => withDefault(at, each, true), json)
}

/** Who took the default from us gives it to whom we had it from. */
function passOn(json: Json, record: AzRecord): Json {
  const { id, displaced, defaults } = knowledgeOf(record)
  const back: unknown = displaced === undefined ? undefined : valueAt(jsonOf(displaced), ['isDefault'])
  if (back === true) return json // the user's own entry of this subscription is whom we had it from
  return recordsIn(json).reduce((at, other) => {
    const theirs = knowledgeOf(other).defaults
    if (other.lease === record.lease || !theirs.includes(id)) return at
    const next = [...new Set(theirs.flatMap((each) => (each === id ? defaults : [each])))]
    return changeRecord(at, { ...other, more: { ...other.more, defaults: next } })
  }, json)
}
