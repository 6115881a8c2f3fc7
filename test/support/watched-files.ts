import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/** Permissions and SHA-256 of every file that clients keep below a home, by its name there. */
export type Hashes = ReadonlyMap<string, string>

const PARTS = ['.aws', '.azure', '.kube', '.config/gcloud']
/** What clients write about themselves whenever they run, whoever's access they use. */
const NOISE =
  /^(\.azure\/(az\.sess|az\.json|commandIndex\.json|versionCheck\.json|msal_http_cache\.bin|(commands|logs|telemetry)\/.*)|\.config\/gcloud\/(logs\/.*|\.last_.*|config_sentinel|.*\.db|gce)|\.kube\/cache\/.*|\.aws\/cli\/.*)$/

/** `strict` leaves nothing out: for the moments in which jit ran and no client did. */
export function hashesOf(home: string, strict: 'strict' | 'but for noise'): Hashes {
  const names = PARTS.flatMap((part) => filesBelow(home, part)).toSorted()
  const kept = names.filter((name) => strict === 'strict' || !NOISE.test(name))
  return new Map(kept.map((name) => [name, fingerprint(path.join(home, name))]))
}

function filesBelow(home: string, part: string): readonly string[] {
  try {
    const entries = readdirSync(path.join(home, part), { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.relative(home, path.join(entry.parentPath, entry.name)))
  } catch (error) {
    if (Object(error).code === 'ENOENT') return []
    throw error
  }
}

function fingerprint(file: string): string {
  const { mode } = lstatSync(file)
  const content = (mode & 0o170000) === 0o120000 ? readlinkSync(file) : readFileSync(file)
  return `${mode.toString(8)} ${createHash('sha256').update(content).digest('hex')}`
}

/** What is not as it was, one line each. */
export function changes(before: Hashes, after: Hashes): readonly string[] {
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `${name} is gone`)
  const other = [...after].flatMap(([name, hash]) => {
    const was = before.get(name)
    return was === hash ? [] : [was === undefined ? `${name} is new` : `${name} has changed`]
  })
  return [...gone, ...other]
}
