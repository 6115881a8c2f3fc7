import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Call } from './trace.ts'

export type Canary = { readonly name: string; readonly text: string }

type Node = { mode: number; bytes: Buffer; holds: readonly string[] }

const UMASK = 0o022

/** The files of a home as the calls of a trace leave them: who could read which secret where, at every moment. */
export class TracedFiles {
  readonly #home: string
  readonly #canaries: readonly Canary[]
  readonly #nodes = new Map<string, Node>()
  readonly #ends = new Map<string, number>()
  #named: ReadonlySet<string> | undefined

  /** `home` as it is before the first call. */
  constructor(home: string, canaries: readonly Canary[], before: ReadonlyMap<string, { mode: number; bytes: Buffer }>) {
    this.#home = home
    this.#canaries = canaries
    for (const [path, { mode, bytes }] of before) this.#nodes.set(path, { mode, bytes, holds: this.#heldIn(bytes) })
  }

  /** Files that hold a secret now. */
  holding(): readonly string[] {
    return [...this.#nodes].flatMap(([path, { holds }]) => (holds.length > 0 ? [path] : [])).toSorted()
  }

  /** What is wrong once this call is done. */
  apply(call: Call): readonly string[] {
    const touched = this.#touch(call)
    if (touched === undefined) return []
    if (touched.includes('/leases/')) this.#named = undefined
    const node = this.#nodes.get(touched)
    if (node === undefined || node.holds.length === 0) return []
    const where = touched.slice(this.#home.length + 1)
    const what = node.holds.join(', ')
    return [
      ...((node.mode & 0o077) === 0 ? [] : [`wide: ${what} in ${where}, mode ${node.mode.toString(8)}`]),
      ...(this.#namedNow().has(touched) ? [] : [`unnamed: ${what} in ${where}, which no lease names`]),
    ]
  }

  /** The path whose file this call has changed, where it is one of the home. */
  #touch(call: Call): string | undefined {
    const { name, strings, paths, opened, rest } = call
    const [first = '', second = ''] = strings.map(String)
    const [path = ''] = paths.map((each) => each.replace(/ \(deleted\)$/, ''))
    if (name === 'open' || name === 'openat' || name === 'creat') return this.#open(opened, rest, name === 'creat')
    if (name === 'chmod' || name === 'fchmodat') return this.#mode(this.#absolute(first, path), rest)
    if (name === 'fchmod') return this.#mode(path, rest)
    if (name.startsWith('rename'))
      return this.#move(this.#absolute(first, path), this.#absolute(second, paths[1] ?? path), true)
    if (name.startsWith('link'))
      return this.#move(this.#absolute(first, path), this.#absolute(second, paths[1] ?? path), false)
    if (name.startsWith('unlink')) return this.#remove(this.#absolute(first, path))
    if (name === 'ftruncate') return this.#resize(path, Number(/, (\d+)$/.exec(rest)?.[1]))
    if (/^p?writev?(?:64)?$/.test(name)) return this.#write(path, call)
    return undefined
  }

  #absolute(path: string, directory: string): string {
    return path.startsWith('/') ? path : join(directory, path)
  }

  #open(path: string, rest: string, isCreat: boolean): string | undefined {
    if (!path.startsWith(`${this.#home}/`)) return undefined
    const node = this.#nodes.get(path)
    this.#ends.set(path, rest.includes('O_APPEND') ? (node?.bytes.length ?? 0) : 0)
    if (node === undefined && (isCreat || rest.includes('O_CREAT'))) {
      const mode = Number.parseInt(/, (0[0-7]*)$/.exec(rest)?.[1] ?? '0', 8) & ~UMASK
      this.#nodes.set(path, { mode, bytes: Buffer.alloc(0), holds: [] })
    } else if (node !== undefined && (isCreat || rest.includes('O_TRUNC'))) this.#fill(node, Buffer.alloc(0))
    return path
  }

  #mode(path: string, rest: string): string {
    const node = this.#nodes.get(path)
    if (node !== undefined) node.mode = Number.parseInt(/, (0[0-7]*)(?:, 0)?$/.exec(rest)?.[1] ?? '0', 8)
    return path
  }

  /** A second name leads to the same file, so both see what becomes of it. */
  #move(from: string, to: string, isRename: boolean): string {
    const node = this.#nodes.get(from)
    if (node !== undefined) this.#nodes.set(to, node)
    if (isRename && node !== undefined) this.#remove(from)
    return to
  }

  #remove(path: string): string {
    if (path.includes('/leases/')) this.#named = undefined
    this.#nodes.delete(path)
    return path
  }

  #resize(path: string, length: number): string {
    const node = this.#nodes.get(path)
    if (node !== undefined)
      this.#fill(
        node,
        Buffer.concat([node.bytes.subarray(0, length), Buffer.alloc(Math.max(0, length - node.bytes.length))]),
      )
    return path
  }

  #write(path: string, { name, strings, rest, result }: Call): string | undefined {
    const node = this.#nodes.get(path)
    if (node === undefined) return undefined
    const bytes = Buffer.concat(strings).subarray(0, result)
    const at = name.startsWith('p') ? Number(/, (\d+)$/.exec(rest)?.[1]) : (this.#ends.get(path) ?? node.bytes.length)
    this.#ends.set(path, at + bytes.length)
    const length = Math.max(node.bytes.length, at + bytes.length)
    const next = Buffer.concat([node.bytes, Buffer.alloc(length - node.bytes.length)])
    bytes.copy(next, at)
    this.#fill(node, next)
    return path
  }

  #fill(node: Node, bytes: Buffer): void {
    node.bytes = bytes
    node.holds = this.#heldIn(bytes)
  }

  #heldIn(bytes: Buffer): readonly string[] {
    return this.#canaries.flatMap(({ name, text }) => (bytes.includes(text) ? [name] : []))
  }

  /** Every path that a lease in the journal names at this moment. */
  #namedNow(): ReadonlySet<string> {
    return (this.#named ??= new Set(
      [...this.#nodes]
        .filter(([path]) => /\/leases\/[^/]+\.lease$/.test(path))
        .flatMap(([, { bytes }]) => [...bytes.toString().matchAll(/"(\/[^"]*)"/g)].map(([, path = '']) => path)),
    ))
  }
}

/** Modes and bytes of all files below a directory. */
export function filesBelow(directory: string): ReadonlyMap<string, { mode: number; bytes: Buffer }> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, { mode: statSync(path).mode & 0o7777, bytes: readFileSync(path) }]
    }),
  )
}
