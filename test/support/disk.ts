import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { errnoOf } from '../../src/base/errno.ts'

/** Everything below a directory: kind, mode, owner, and what is in it, by path. Two equal ones: nothing has changed. */
export function disk(root: string, isLeftOut: (path: string) => boolean = () => false): Record<string, string> {
  const paths = ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].map((name) => join(root, name))
  const kept = paths.filter((path) => !isLeftOut(relative(root, path))).toSorted()
  return Object.fromEntries(
    kept.flatMap((path) => {
      const found = unlessGone(() => described(path))
      return found === undefined ? [] : [[relative(root, path), found]]
    }),
  )
}

function described(path: string): string {
  const stat = lstatSync(path)
  const owner = `${stat.uid}:${stat.gid} ${(stat.mode & 0o7777).toString(8)}`
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`
  if (stat.isDirectory()) return `directory ${owner}`
  if (!stat.isFile()) return `special ${owner}`
  return `file ${owner} ${stat.size} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
}

/** Files below a directory that hold one of these texts. */
export function filesHolding(root: string, texts: readonly string[]): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = unlessGone(() => readFileSync(path))
      return bytes !== undefined && texts.some((text) => bytes.includes(text))
    })
}

/** Nothing where a file has gone since it was listed: a reaper may be at work. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
