import { append, type Json, jsonOf, prepend, removeAt, replaceAt, valueAt } from '../../../base/json-splice.ts'
import { bytesOf, isRecord, readIfWhole, unreadable } from './az-json.ts'

/**
 * What jit remembers in a file of `az` whose root is an object: one member `jit`, before all others, which `az` keeps whenever it
 * writes the file anew, as it keeps every member that it does not know (tried on 2.45). `made`: what was not there before us.
 */
const ROOT = 'jit'
const WHOLE_FILE = 'file'
const HEAD_BYTES = 500

export type AzRecord = {
  readonly lease: string
  readonly expiresAt: number
  readonly profile: string
  /** What only the format of this file understands. */
  readonly more: Readonly<Record<string, unknown>>
}

/** In the order of insertion. */
export function recordsIn(json: Json): readonly AzRecord[] {
  const leases = valueAt(json, [ROOT, 'leases'])
  if (!isRecord(leases)) return []
  return Object.entries(leases).flatMap(([lease, value]) => {
    if (!isRecord(value)) return []
    const { expiresAt, profile, ...more } = value
    return typeof expiresAt === 'number' && typeof profile === 'string' ? [{ lease, expiresAt, profile, more }] : []
  })
}

/** `made`: names of members, which go again when they are empty and the last record goes. */
export function addRecord(json: Json, record: AzRecord, made: readonly string[], wasEmpty: boolean): Json {
  const { lease, more, ...common } = record
  const text = JSON.stringify({ ...common, ...more })
  const all = wasEmpty ? [WHOLE_FILE, ...made] : made
  const present = valueAt(json, [ROOT])
  if (present === undefined)
    return prepend(
      json,
      [],
      `{${JSON.stringify('made')}: ${JSON.stringify(all)}, "leases": {${JSON.stringify(lease)}: ${text}}}`,
      ROOT,
    )
  const union = [...new Set([...madeIn(json), ...all])]
  if (!isRecord(present) || !isRecord(present['leases']) || !Array.isArray(present['made']))
    throw unreadable('the file', `it has a member ${ROOT} that jit did not write`)
  const noted = union.length === madeIn(json).length ? json : replaceAt(json, [ROOT, 'made'], JSON.stringify(union))
  return append(noted, [ROOT, 'leases'], text, lease)
}

/** The record with other knowledge of its format. */
export const changeRecord = (json: Json, { lease, more, ...common }: AzRecord): Json =>
  replaceAt(json, [ROOT, 'leases', lease], JSON.stringify({ ...common, ...more }))

/**
 * The file without the chosen records and what belongs to them; `without` takes an entry out as its record tells. With the last
 * record goes what we made and nobody uses, so an empty buffer means that the file itself is of that kind.
 */
export function removeRecords(
  bytes: Buffer,
  pick: (record: AzRecord, json: Json) => boolean,
  without: (json: Json, record: AzRecord) => Json,
): Buffer {
  const whole = readIfWhole(bytes)
  const torn = whole === undefined ? tornRecord(bytes) : undefined
  if (torn !== undefined && pick(torn.record, jsonOf('{}'))) return Buffer.alloc(0)
  const picked = whole === undefined ? [] : recordsIn(whole).filter((record) => pick(record, whole))
  let json = whole
  for (const { lease } of picked) {
    // read again: a record may have learnt from one that went before it
    const record = json === undefined ? undefined : recordsIn(json).find((each) => each.lease === lease)
    if (json !== undefined && record !== undefined) json = dropRecord(without(json, record), record)
  }
  if (picked.length === 0) return bytes
  return json === undefined ? Buffer.alloc(0) : bytesOf(json)
}

/** `undefined` where nothing is left of a file that we made. */
function dropRecord(json: Json, { lease }: AzRecord): Json | undefined {
  const rest = removeAt(json, [ROOT, 'leases', lease])
  if (recordsIn(rest).length > 0) return rest
  const made = madeIn(rest)
  const bare = made.reduce(
    (at, name) => (isEmpty(valueAt(at, [name])) ? removeAt(at, [name]) : at),
    removeAt(rest, [ROOT]),
  )
  return made.includes(WHOLE_FILE) && isEmpty(valueAt(bare, [])) ? undefined : bare
}

/** The beginning of a file that we made, just as we write it and no other program does. */
const TORN =
  /^\uFEFF?\{"jit": \{"made": \["file"[^\]]*\], "leases": \{"([\w-]{1,80})": \{"expiresAt":(\d{1,12}),"profile":"([a-z0-9-]{1,80})"/

/** What a crash left of the first record in a file that was empty before: all bytes are ours. `from`: where the record ends. */
export function tornRecord(bytes: Buffer): { readonly record: AzRecord; readonly from: number } | undefined {
  const [begin = '', lease, expiresAt, profile] = TORN.exec(bytes.toString('utf8', 0, HEAD_BYTES)) ?? []
  if (lease === undefined || profile === undefined || readIfWhole(bytes) !== undefined) return undefined
  return { record: { lease, expiresAt: Number(expiresAt), profile, more: {} }, from: Buffer.byteLength(begin) }
}

function madeIn(json: Json): readonly string[] {
  const made = valueAt(json, [ROOT, 'made'])
  return Array.isArray(made) ? made.filter((name) => typeof name === 'string') : []
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0
