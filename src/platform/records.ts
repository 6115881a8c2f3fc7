import { dirname, join } from 'node:path'
import { errnoOf } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'
import { ifExists, makeDirectories, readFile, removeFile, replaceFile } from './durable.ts'
import type { FileSystem } from './files.ts'

/** Small JSON documents by name, one file each: parallel commands never write the same file. */
export interface Records {
  /** All documents, and those files that hold none. A missing directory is empty. */
  all(): { readonly documents: readonly StoredDocument[]; readonly unreadable: readonly string[] }
  /** Durable when it returns. */
  put(name: string, document: unknown): void
  remove(name: string): void
}
type StoredDocument = { readonly file: string; readonly value: unknown }

const NAME = /^[a-z0-9_-]{1,80}$/i

export function recordsIn(fs: FileSystem, directory: string): Records {
  const fileOf = (name: string): string => {
    // The name may come from the endpoint: it must not lead out of the directory.
    if (!NAME.test(name)) throw new JitError('ENDPOINT_INVALID', `"${name}" is no identifier.`, 'Check the endpoint.')
    return join(directory, `${name}.json`)
  }
  return {
    all: () => readAll(fs, directory),
    put: (name, document) => {
      const file = fileOf(name)
      failing('WRITE_FAILED', file, 'written', () => {
        makeDirectories(fs, dirname(file))
        replaceFile(fs, file, `${file}.tmp`, Buffer.from(`${JSON.stringify(document)}\n`))
      })
    },
    remove: (name) => {
      const file = fileOf(name)
      failing('WRITE_FAILED', file, 'removed', () => void removeFile(fs, file))
    },
  }
}

function readAll(fs: FileSystem, directory: string): ReturnType<Records['all']> {
  const documents: StoredDocument[] = []
  const unreadable: string[] = []
  const names = failing('STATE_CORRUPT', directory, 'read', () => ifExists(() => fs.readdir(directory)) ?? [])
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const file = join(directory, name)
    const bytes = failing('STATE_CORRUPT', file, 'read', () => readFile(fs, file))
    if (bytes === undefined) continue // removed by another process meanwhile
    try {
      documents.push({ file, value: JSON.parse(bytes.toString('utf8')) })
    } catch {
      unreadable.push(file) // shown to the user, never thrown away
    }
  }
  return { documents, unreadable }
}

function failing<T>(code: 'WRITE_FAILED' | 'STATE_CORRUPT', path: string, verb: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw failure(code, path, verb, error)
  }
}

const failure = (code: 'WRITE_FAILED' | 'STATE_CORRUPT', path: string, verb: string, cause: unknown): JitError =>
  new JitError(
    code,
    `${path} cannot be ${verb} (${errnoOf(cause) ?? String(cause)}).`,
    'Check disk space, owner and rights, or set JIT_STATE_DIR.',
    { cause },
  )
