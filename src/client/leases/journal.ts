import { isAbsolute } from 'node:path'
import { integer, list, object, oneOf, type Reader, record, string } from '../../contract/narrow.ts'
import { CLOUDS, DELIVERY_MODES } from '../../contract/target.ts'
import { ENDINGS, type Lease, type Place, type UnreadableLease } from './types.ts'

const VERSION = 1
export const LEASE_ID = /^[A-Za-z0-9_-]{1,80}$/

const readPlace: Reader<Place> = object(
  {
    sink: string,
    path: string,
    temp: string,
    redo: string,
    backup: string,
    existed: (value, path) => oneOf('true', 'false')(String(value), path) === 'true',
    madeDirectories: list(string),
    secretHashes: list(string),
  },
  { mode: integer },
)

const readLease: Reader<Omit<Lease, 'version'>> = object(
  {
    id: string,
    target: string,
    endpoint: string,
    cloud: oneOf(...CLOUDS),
    deliver: oneOf(...DELIVERY_MODES),
    profile: string,
    role: string,
    state: oneOf('writing', 'active', 'wiping', 'stuck'),
    writtenAt: integer,
    endsAt: integer,
    writtenAtBootSeconds: integer,
    places: list(readPlace),
    attempts: integer,
  },
  { bootId: string, ending: oneOf(...ENDINGS), lastError: string, retryAt: integer },
)

export const serialize = (lease: Lease): Buffer => Buffer.from(`${JSON.stringify(lease, null, 2)}\n`)

/** A lease, or the reason why these bytes are none. Never "nothing to do": a torn entry may be all that names a secret. */
export function parseLease(id: string, file: string, bytes: Buffer): Lease | UnreadableLease {
  const text = bytes.toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    const version = integer(record(value, 'lease')['version'], 'lease.version')
    if (version > VERSION) return unreadable(id, file, text, `it is of version ${version}`, true)
    const lease = readLease(value, 'lease')
    if (lease.id !== id) return unreadable(id, file, text, 'its name and its id differ', false)
    return { version: VERSION, ...lease }
  } catch (error) {
    return unreadable(id, file, text, error instanceof SyntaxError ? 'it is torn' : String(error), false)
  }
}

function unreadable(id: string, file: string, text: string, why: string, newer: boolean): UnreadableLease {
  const paths = [...text.matchAll(/"path": ?("(?:[^"\\]|\\.)*")/g)].flatMap(([, quoted = '']) => pathIn(quoted))
  return { id, file, why, paths, newer }
}

/** Torn bytes (zeros after a power loss, say) can make a string that is none. */
function pathIn(quoted: string): readonly string[] {
  try {
    const path = String(JSON.parse(quoted))
    return isAbsolute(path) && !path.includes('\0') ? [path] : []
  } catch {
    return []
  }
}

export const isReadable = (entry: Lease | UnreadableLease): entry is Lease => 'version' in entry
