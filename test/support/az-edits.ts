import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { azClouds } from '../../src/client/sinks/formats/az-clouds.ts'
import { azProfile } from '../../src/client/sinks/formats/az-profile.ts'
import { azServicePrincipals } from '../../src/client/sinks/formats/az-service-principals.ts'
import { azTokenCache } from '../../src/client/sinks/formats/az-token-cache.ts'
import type { Format, FormatName, NewEntry } from '../../src/client/sinks/formats/types.ts'

type EntryFile = { readonly path: string; readonly format: FormatName }
type Ours = Pick<NewEntry, 'lease' | 'profile'> & { readonly endsAt: number }

const FORMATS = [azTokenCache, azServicePrincipals, azProfile, azClouds]

/** The least that writes into files of `az`: under its lock, and in one step. What faults do to it is for the engine's tests. */
export const insertInto = (file: EntryFile, { lease, profile, endsAt }: Ours, content: string): Promise<void> =>
  change(file, (format, bytes) =>
    format.insert(bytes, { lease, profile, expiresAt: Math.ceil(endsAt / 1000), content }),
  )

export const removeFrom = (file: EntryFile, { lease, profile }: Ours, secrets: readonly string[]): Promise<void> =>
  change(file, (format, bytes) => {
    const rest = format.remove(bytes, (found) => found.lease === lease)
    return format.removeUnmarked(rest, { lease, profile }, (text) => secrets.includes(text))
  })

async function change(
  { path, format: name }: EntryFile,
  edit: (format: Format, bytes: Buffer) => Buffer,
): Promise<void> {
  const format = FORMATS.find((each) => each.name === name)
  if (format === undefined) throw new RangeError(name)
  const lock = format.lockFile?.(path)
  await setTimeout(1) // all else is synchronous, and clouds in this process want to answer
  if (lock !== undefined) await take(lock)
  try {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    const next = edit(format, bytes)
    if (next.equals(bytes)) return
    writeFileSync(`${path}.tmp`, next, { mode: 0o600 })
    renameSync(`${path}.tmp`, path)
  } finally {
    if (lock !== undefined) rmSync(lock)
  }
}

/** As MSAL takes it: whoever makes the file holds the lock. */
async function take(lock: string): Promise<void> {
  for (;;) {
    try {
      return closeSync(openSync(lock, 'wx'))
    } catch {
      await setTimeout(25)
    }
  }
}
