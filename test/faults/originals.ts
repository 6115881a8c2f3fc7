import { appendFileSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TempHome } from '../support/temp-home.ts'

/** A credentials file as a user may have it before jit comes. */
export type Original = {
  readonly bytes: string | undefined
  readonly mode: number
  readonly kind?: 'hard link' | 'symbolic link'
}

export const ORIGINALS: Readonly<Record<string, Original>> = {
  'no file, no directory': { bytes: undefined, mode: 0o600 },
  'an empty file': { bytes: '', mode: 0o600 },
  'no final newline, 0644': { bytes: '[default]\naws_access_key_id = A', mode: 0o644 },
  'CRLF, 0400': { bytes: '[default]\r\naws_access_key_id = A\r\n', mode: 0o400 },
  'a symbolic link': { bytes: '[default]\nregion = a\n', mode: 0o600, kind: 'symbolic link' },
  'a hard link, 0640': { bytes: '[default]\nregion = a\n; end\n', mode: 0o640, kind: 'hard link' },
  'a hard link, no final newline': { bytes: '[a]\nk = 1', mode: 0o600, kind: 'hard link' },
}

/** Of a linked file. */
export const secondName = (home: TempHome): string => join(home.root, 'real')

export function lay(home: TempHome, { bytes, mode, kind }: Original): void {
  if (bytes === undefined) return
  home.put(bytes, mode, kind === undefined ? home.credentials : secondName(home))
  mkdirSync(dirname(home.credentials), { recursive: true, mode: 0o700 })
  if (kind === 'hard link') linkSync(secondName(home), home.credentials)
  if (kind === 'symbolic link') symlinkSync(secondName(home), home.credentials)
}

/** What the user adds behind our block while it is there. */
const BEHIND = ['[later]', 'k = v', '']

export function writeBehind(home: TempHome, original: Original): void {
  appendFileSync(home.credentials, BEHIND.join(endOfLine(original)))
}

const endOfLine = ({ bytes = '' }: Original): string => (bytes.includes('\r\n') ? '\r\n' : '\n')

/** What the user must have once no lease is left. */
export function wanted(original: Original, hasBehind: boolean): string | undefined {
  const { bytes } = original
  if (!hasBehind) return bytes
  const glue = bytes === undefined || bytes === '' || bytes.endsWith('\n') ? '' : endOfLine(original)
  return (bytes ?? '') + glue + BEHIND.join(endOfLine(original))
}

/** Differences to what the user must have: bytes, mode, links, and names left beside the file. */
export function differences(home: TempHome, original: Original, hasBehind = false): readonly string[] {
  const { mode, kind } = original
  const bytes = wanted(original, hasBehind)
  const found: string[] = []
  if (home.text() !== bytes) found.push(`bytes ${JSON.stringify(home.text())}`)
  if (bytes !== undefined && home.mode() !== mode) found.push(`mode ${home.mode()?.toString(8)}`)
  const names = bytes === undefined ? '' : '.aws,.aws/credentials'
  if (home.names().join() !== names) found.push(`names ${home.names().join()}`)
  if (kind !== undefined && readFileSync(secondName(home), 'latin1') !== bytes) found.push('the other name differs')
  const isLink = existsSync(home.credentials) && lstatSync(home.credentials).isSymbolicLink()
  if (isLink !== (kind === 'symbolic link')) found.push('the symbolic link is gone')
  return found
}
