import { JitError } from '../../../base/errors.ts'
import { type Json, jsonOf, readJson } from '../../../base/json-splice.ts'

export type AzFile = { readonly json: Json; readonly wasEmpty: boolean }

/**
 * One of the JSON files of `az`; an empty or absent one is what `az` would start from. Throws `FILE_UNREADABLE`: `az` takes an
 * unreadable profile for none and writes a new one over all logins in it, and stops at the other two.
 */
export function readAzFile(bytes: Buffer, start: string, path = 'a file of az'): AzFile {
  if (bytes.length === 0) return { json: jsonOf(start), wasEmpty: true }
  const read = readJson(bytes)
  if (read.ok) return { json: read.json, wasEmpty: false }
  throw unreadable(path, read.why)
}

/** For files that somebody may be in the middle of writing: `undefined` where there is nothing to be read. */
export function readIfWhole(bytes: Buffer): Json | undefined {
  const read = readJson(bytes)
  return read.ok ? read.json : undefined
}

/**
 * `theirs` with what is ours in `current`, each entry put in anew. Either of them may be half written: then `current`, as it is.
 *
 * @param without Takes all of ours out of a file.
 */
export function grafted<Entry>(
  theirs: Buffer,
  current: Buffer,
  ours: (from: Json) => readonly Entry[],
  without: (bytes: Buffer) => Buffer,
  put: (bytes: Buffer, entry: Entry, from: Json) => Json,
): Buffer {
  const from = readIfWhole(current)
  if (from === undefined || (theirs.length > 0 && readIfWhole(theirs) === undefined)) return current
  return ours(from).reduce((bytes, entry) => bytesOf(put(bytes, entry, from)), without(theirs))
}

export const bytesOf = ({ text }: Json): Buffer => Buffer.from(text)

export const unreadable = (path: string, why: string): JitError =>
  new JitError(
    'FILE_UNREADABLE',
    `The Azure CLI cannot read ${path}: ${why}.`,
    'jit has left the file as it is. Mend it, or move it away and log in with az again.',
  )

export const taken = (why: string): JitError =>
  new JitError('PROFILE_TAKEN', `${why}.`, 'To leave the files of az alone: jit elevate … --deliver isolated')

/** What a sink hands to a format as `content`; only made by our own sinks. */
export function readContent<T>(content: string, isContent: (value: unknown) => value is T): T {
  const value: unknown = JSON.parse(content)
  if (!isContent(value)) throw new TypeError('This is no content for a file of az.')
  return value
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const same = (a: unknown, b: string): boolean => typeof a === 'string' && a.toLowerCase() === b.toLowerCase()
