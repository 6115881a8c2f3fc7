import { append, type Json, removeAt, replaceAt, valueAt } from '../../../base/json-splice.ts'
import { holdsSecret } from '../../../base/unmarked-secrets.ts'
import { bytesOf, grafted, isRecord, readAzFile, readContent, readIfWhole, same, taken, unreadable } from './az-json.ts'
import type { Principal } from './az-token-cache.ts'
import type { Format, Found } from './types.ts'

/**
 * What jit remembers, as a member of its entry: `az` keeps it whenever it writes the file anew (tried on 2.45). `madeFile`: on the
 * oldest of our entries, where the file was not there before.
 */
const MARK = 'jit'
const HEAD_BYTES = 500
type Mark = { readonly lease: string; readonly expiresAt: number; readonly profile: string; readonly madeFile?: true }

/**
 * `service_principal_entries.json`: `az` uses a token of a service principal only where it knows it from here. Ours has no secret,
 * so `az` cannot ask for tokens by itself.
 */
export const azServicePrincipals: Format = {
  name: 'az-service-principals',
  secret: false,
  check(path, bytes, { profile, content }) {
    const { json } = readAzFile(bytes, '[]', path)
    assertEntries(json, path)
    if (content !== undefined) assertFree(json, profile, readContent(content, isPrincipal))
  },
  find(bytes) {
    const json = readIfWhole(bytes)
    if (json !== undefined) return marks(json).map(({ mark }) => foundOf(mark))
    const torn = tornMark(bytes)
    return torn === undefined ? [] : [foundOf(torn)]
  },
  insert(bytes, { lease, expiresAt, profile, content }) {
    const before = azServicePrincipals.remove(bytes, (old) => old.lease === lease || old.profile === profile)
    const { json, wasEmpty } = readAzFile(before, '[]')
    assertEntries(json)
    const principal = readContent(content, isPrincipal)
    assertFree(json, profile, principal)
    return bytesOf(withEntry(json, principal, { lease, expiresAt, profile, ...(wasEmpty && { madeFile: true }) }))
  },
  remove(bytes, pick) {
    const json = readIfWhole(bytes)
    const torn = json === undefined ? tornMark(bytes) : undefined
    if (torn !== undefined && pick(foundOf(torn))) return Buffer.alloc(0)
    const gone = json === undefined ? [] : marks(json).filter(({ mark }) => pick(foundOf(mark)))
    if (json === undefined || gone.length === 0) return bytes
    const rest = gone.reduceRight((at, { index }) => removeAt(at, [index]), json)
    const madeFile = gone.some(({ mark }) => mark.madeFile)
    return madeFile ? leaveToNext(rest) : bytesOf(rest)
  },
  removeUnmarked: (bytes) => bytes,
  holdsSecret,
  graft: (theirs, current) =>
    grafted(theirs, current, marks, withoutOurs, (bytes, { index, mark }, from) => {
      const { json, wasEmpty } = readAzFile(bytes, '[]')
      const { madeFile: _, ...rest } = mark
      return withEntry(json, principalAt(from, index), { ...rest, ...(wasEmpty && { madeFile: true }) })
    }),
  lockFile: (path) => `${path}.lockfile`,
}

const withoutOurs = (bytes: Buffer): Buffer => azServicePrincipals.remove(bytes, () => true)

const foundOf = ({ lease, expiresAt, profile }: Mark): Found => ({ lease, expiresAt, profile, secrets: [] })

const isPrincipal = (value: unknown): value is Principal =>
  isRecord(value) && typeof value['clientId'] === 'string' && typeof value['tenantId'] === 'string'

/** `az` itself looks for these two members in every entry and stops where one is missing. */
function assertEntries(json: Json, path = 'its list of service principals'): void {
  const all = valueAt(json, [])
  if (json.text.startsWith('\uFEFF')) throw unreadable(path, 'it starts with a byte order mark')
  if (!Array.isArray(all)) throw unreadable(path, 'it is not a list')
  if (
    all.some((each) => !isRecord(each) || typeof each['client_id'] !== 'string' || typeof each['tenant'] !== 'string')
  )
    throw unreadable(path, 'it has an entry without client_id and tenant')
}

function entries(json: Json): readonly unknown[] {
  const all = valueAt(json, [])
  return Array.isArray(all) ? all : []
}

function marks(json: Json): readonly { readonly index: number; readonly mark: Mark }[] {
  return entries(json).flatMap((entry, index) => {
    const mark = isRecord(entry) ? readMark(entry[MARK]) : undefined
    return mark === undefined ? [] : [{ index, mark }]
  })
}

function readMark(value: unknown): Mark | undefined {
  if (!isRecord(value)) return undefined
  const { lease, expiresAt, profile, madeFile } = value
  if (typeof lease !== 'string' || typeof expiresAt !== 'number' || typeof profile !== 'string') return undefined
  return { lease, expiresAt, profile, ...(madeFile === true && { madeFile }) }
}

/** What a crash left of our entry in a file that was empty before: just as we write it and no other program does. */
function tornMark(bytes: Buffer): Mark | undefined {
  const text = bytes.toString('utf8', 0, HEAD_BYTES)
  const mark = /^\[\{"jit":(\{"lease":"[\w-]+","expiresAt":\d+,"profile":"[a-z0-9-]+","madeFile":true\})/.exec(
    text,
  )?.[1]
  return mark === undefined ? undefined : readMark(JSON.parse(mark))
}

function principalAt(json: Json, index: number): Principal {
  const entry = valueAt(json, [index])
  return isRecord(entry)
    ? { clientId: String(entry['client_id']), tenantId: String(entry['tenant']) }
    : { clientId: '', tenantId: '' }
}

/** `az` takes the first entry of a principal, and it logs in with the user's own secret where that is his. */
function assertFree(json: Json, profile: string, { clientId, tenantId }: Principal): void {
  for (const [index, entry] of entries(json).entries()) {
    if (!isRecord(entry) || !same(entry['client_id'], clientId) || !same(entry['tenant'], tenantId)) continue
    const mark = marks(json).find((each) => each.index === index)?.mark
    if (mark?.profile === profile) continue
    throw taken(
      mark === undefined
        ? `You are logged in to az as service principal ${clientId} yourself, which this grant uses too`
        : `Grant ${mark.lease} (${mark.profile}) uses the same service principal in the files of az`,
    )
  }
}

const withEntry = (json: Json, { clientId, tenantId }: Principal, mark: Mark): Json =>
  append(json, [], JSON.stringify({ [MARK]: mark, client_id: clientId, tenant: tenantId }))

/** An entry of ours that is left knows from now on that the file was not there; with none left there is no file. */
function leaveToNext(json: Json): Buffer {
  const next = marks(json)[0]
  if (next !== undefined)
    return bytesOf(replaceAt(json, [next.index, MARK], JSON.stringify({ ...next.mark, madeFile: true })))
  return entries(json).length === 0 ? Buffer.alloc(0) : bytesOf(json)
}
