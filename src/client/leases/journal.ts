import { isAbsolute, resolve } from 'node:path'
import { JitError } from '../../base/errors.ts'
import { integer, list, object, oneOf, type Reader, record, string } from '../../contract/narrow.ts'
import { CHANNEL_RULES } from '../../contract/grant.ts'
import { CLOUDS, DELIVERY_MODES } from '../../contract/target.ts'
import { derivedName } from '../../platform/durable.ts'
import { FORMAT_NAMES } from '../sinks/formats/types.ts'
import {
  ENDINGS,
  type Entry,
  type Lease,
  type NamedPath,
  type Place,
  PLACE_KINDS,
  type UnreadableLease,
} from './types.ts'

const VERSION = 1
const LEASE_ID = /^[A-Za-z0-9_-]{1,80}$/

/** The endpoint's to choose, and part of the name of every file that a lease may remove: checked before a single one is named. */
export function assertLeaseId(id: string): void {
  if (LEASE_ID.test(id)) return
  throw new JitError(
    'ENDPOINT_INVALID',
    'The endpoint gave this grant an id that is not safe in a file name.',
    'Show this to whoever runs the endpoint.',
  )
}

const flag: Reader<boolean> = (value, path) => oneOf('true', 'false')(String(value), path) === 'true'

const readPlace: Reader<Place> = object(
  {
    kind: oneOf(...PLACE_KINDS),
    cloud: oneOf(...CLOUDS),
    profile: string,
    path: string,
    temp: string,
    redo: string,
    backup: string,
    existed: flag,
    madeDirectories: list(string),
    secretHashes: list(string),
  },
  {
    format: oneOf(...FORMAT_NAMES),
    held: object({ path: string, text: string }),
    names: string,
    before: string,
    mode: integer,
  },
)

const readEntry: Reader<Entry> = object(
  {
    cloud: oneOf(...CLOUDS),
    profile: string,
    role: string,
    sink: string,
    deliver: oneOf(...DELIVERY_MODES),
    asDefault: flag,
    validUntil: integer,
  },
  { note: string, renewAt: integer },
)

/** A lease ends without these just the same, so what a newer jit put there must keep no older one from it. */
const IGNORABLE = { holder: string, usedBy: string, lastError: string, retryAt: integer }

const readLease: Reader<Omit<Lease, 'version'>> = object(
  {
    id: string,
    target: string,
    endpoint: string,
    deliver: oneOf(...DELIVERY_MODES),
    entries: list(readEntry),
    state: oneOf('writing', 'active', 'wiping', 'stuck'),
    writtenAt: integer,
    endsAt: integer,
    writtenAtBootSeconds: integer,
    places: list(readPlace),
    attempts: integer,
  },
  {
    ...IGNORABLE,
    channel: oneOf(...CHANNEL_RULES),
    bootId: string,
    ending: oneOf(...ENDINGS),
  },
)

function withoutUnknown(lease: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const unknown = Object.entries(IGNORABLE).flatMap(([name, read]) => (isReadBy(read, lease[name]) ? [] : [name]))
  return Object.fromEntries(Object.entries(lease).filter(([name]) => !unknown.includes(name)))
}

function isReadBy(read: Reader<unknown>, value: unknown): boolean {
  try {
    read(value, '')
    return true
  } catch {
    return false
  }
}

export const serialize = ({ heard: _of, ...lease }: Lease): Buffer =>
  Buffer.from(`${JSON.stringify({ ...lease, places: lease.places.map(inOrder) }, null, 2)}\n`)

/** What a torn entry must still tell stands together. */
function inOrder({ kind, format, cloud, profile, path, ...rest }: Place): Place {
  return { kind, ...(format === undefined ? {} : { format }), cloud, profile, path, ...rest }
}

/** A lease, or the reason why these bytes are none. Never "nothing to do": a torn entry may be all that names a secret. */
export function parseLease(id: string, file: string, bytes: Buffer): Lease | UnreadableLease {
  const text = bytes.toString('utf8')
  try {
    const value = record(JSON.parse(text), 'lease')
    const version = integer(value['version'], 'lease.version')
    if (version > VERSION) return unreadable(id, file, text, `it is of version ${version}`, true)
    const lease = readLease(withoutUnknown(value), 'lease')
    if (lease.id !== id) return unreadable(id, file, text, 'its name and its id differ', false)
    if (!lease.places.every((place) => isOwnPlace(id, place)))
      return unreadable(id, file, text, 'it names files that are not its own', false)
    return { version: VERSION, ...lease }
  } catch (error) {
    return unreadable(id, file, text, error instanceof SyntaxError ? 'it is torn' : String(error), false)
  }
}

/** A wipe removes what a place names, so an entry that was edited by hand or by another program must lead to nobody else's files. */
function isOwnPlace(id: string, { path, temp, redo, backup, held }: Place): boolean {
  return (
    resolve(path) === path &&
    temp === derivedName(path, id, 'tmp') &&
    redo === derivedName(path, id, 'redo') &&
    backup === derivedName(path, id, 'bak') &&
    (held === undefined || held.text.includes(id))
  )
}

/** See {@link inOrder}. */
const NAMED =
  /(?:"kind": ?"([a-z-]+)",\s*)?(?:"format": ?"([a-z-]+)",\s*)?(?:"cloud": ?"[^"]*",\s*"profile": ?"[^"]*",\s*)?(?<!"held": ?\{\s*)"path": ?("(?:[^"\\]|\\.)*")/g

function unreadable(id: string, file: string, text: string, why: string, newer: boolean): UnreadableLease {
  const paths = [...text.matchAll(NAMED)].flatMap(([, kind, format, quoted = '']) => pathIn(quoted, kind, format))
  return { id, file, why, paths, newer }
}

/** Torn bytes (zeros after a power loss, say) can make a string that is none. */
function pathIn(quoted: string, ofKind: string | undefined, inFormat: string | undefined): readonly NamedPath[] {
  try {
    const path = String(JSON.parse(quoted))
    if (!isAbsolute(path) || path.includes('\0')) return []
    const kind = PLACE_KINDS.find((each) => each === ofKind)
    const format = FORMAT_NAMES.find((each) => each === inFormat)
    return [{ path, ...(kind === undefined ? {} : { kind }), ...(format === undefined ? {} : { format }) }]
  } catch {
    return []
  }
}

export const isReadable = (entry: Lease | UnreadableLease): entry is Lease => 'version' in entry
