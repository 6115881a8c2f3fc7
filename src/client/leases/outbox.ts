import { join } from 'node:path'
import { END_REASONS } from '../../contract/grant.ts'
import { integer, object, oneOf, type Reader, ShapeError, string } from '../../contract/narrow.ts'
import { ifExists, makeDirectories, readFile, removeFile, replaceFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { LEASE_ID } from './journal.ts'
import type { Outbox, OutboxEntry } from './types.ts'

const SUFFIX = '.end'
const readEntry: Reader<OutboxEntry> = object({
  grant: string,
  endpoint: string,
  target: string,
  reason: oneOf(...END_REASONS),
  at: integer,
})

/** One durable file per message, so that parallel processes never write the same one. Holds no secret. */
export class FileOutbox implements Outbox {
  readonly #fs: FileSystem
  readonly #directory: string

  constructor(fs: FileSystem, root: string) {
    this.#fs = fs
    this.#directory = join(root, 'outbox')
  }

  list(): readonly OutboxEntry[] {
    const names = ifExists(() => this.#fs.readdir(this.#directory)) ?? []
    return names
      .filter((name) => name.endsWith(SUFFIX))
      .flatMap((name) => this.#read(join(this.#directory, name)))
      .toSorted((a, b) => a.at - b.at)
  }

  add(entry: OutboxEntry): void {
    makeDirectories(this.#fs, this.#directory)
    const file = this.#file(entry.grant)
    replaceFile(this.#fs, file, `${file}.tmp`, Buffer.from(`${JSON.stringify(entry)}\n`))
  }

  remove(grant: string): void {
    if (removeFile(this.#fs, this.#file(grant))) this.#fs.syncDirectory(this.#directory)
  }

  /** A torn message is none: the grant then ends by its own time, as the endpoint knows. */
  #read(file: string): readonly OutboxEntry[] {
    try {
      const bytes = readFile(this.#fs, file)
      return bytes === undefined ? [] : [readEntry(JSON.parse(bytes.toString('utf8')), 'entry')]
    } catch (error) {
      if (error instanceof ShapeError || error instanceof SyntaxError) return []
      throw error
    }
  }

  #file(grant: string): string {
    if (!LEASE_ID.test(grant)) throw new RangeError('A grant id is letters, digits, _ and -.')
    return join(this.#directory, `${grant}${SUFFIX}`)
  }
}
