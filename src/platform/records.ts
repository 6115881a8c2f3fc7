import { join } from 'node:path'
import { errnoOf } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'
import { type Reader, ShapeError } from '../contract/narrow.ts'
import { ifExists, makeDirectories, readFile, removeFile, replaceFile } from './durable.ts'
import type { FileSystem } from './files.ts'

/** Small JSON documents of one kind by name, one file each: parallel commands never write the same file. */
export interface Records<T> {
  /** All documents, and those files that hold none. A missing directory is empty. */
  all(): { readonly documents: readonly T[]; readonly unreadable: readonly string[] }
  /** Durable when it returns. */
  put(name: string, document: T): void
  remove(name: string): void
}

const NAME = /^[a-z0-9_-]{1,90}$/i

export function recordsIn<T>(fs: FileSystem, directory: string, read: Reader<T>): Records<T> {
  const fileOf = (name: string): string => {
    // The name may come from the endpoint: it must not lead out of the directory.
    if (!NAME.test(name))
      throw new JitError(
        'ENDPOINT_INVALID',
        'The endpoint gave an id that is not safe in a file name.',
        'Show this to whoever runs the endpoint.',
      )
    return join(directory, `${name}.json`)
  }
  return {
    all: () => readAll(fs, directory, read),
    put: (name, document) => {
      const file = fileOf(name)
      failing('WRITE_FAILED', file, 'written', () => {
        makeDirectories(fs, directory)
        replaceFile(fs, file, `${file}.tmp`, Buffer.from(`${JSON.stringify(document)}\n`))
      })
    },
    remove: (name) => {
      const file = fileOf(name)
      failing('WRITE_FAILED', file, 'removed', () => {
        if (removeFile(fs, file)) fs.syncDirectory(directory)
      })
    },
  }
}

function readAll<T>(fs: FileSystem, directory: string, read: Reader<T>): ReturnType<Records<T>['all']> {
  const documents: T[] = []
  const unreadable: string[] = []
  const names = failing('STATE_CORRUPT', directory, 'read', () => ifExists(() => fs.readdir(directory)) ?? [])
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const file = join(directory, name)
    const bytes = failing('STATE_CORRUPT', file, 'read', () => readFile(fs, file))
    if (bytes === undefined) continue // removed by another process meanwhile
    try {
      documents.push(read(JSON.parse(bytes.toString('utf8')), file))
    } catch (error) {
      if (!(error instanceof ShapeError || error instanceof SyntaxError)) throw error
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
