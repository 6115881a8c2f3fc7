import { statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeDirectories } from './durable.ts'
import { nodeFileSystem } from './files.ts'

/**
 * Whether the last call with this file is at least `intervalMs` ago, or older than what there is to do (`newsMs`, ms since 1970);
 * only a hint, so any failure says yes.
 */
export function isTimeAgain(file: string, intervalMs: number, nowMs: number, newsMs = 0): boolean {
  try {
    const lastMs = statSync(file).mtimeMs
    const age = nowMs - lastMs
    if (age >= 0 && age < intervalMs && newsMs <= lastMs) return false
  } catch {
    makeDirectories(nodeFileSystem, dirname(file))
  }
  try {
    writeFileSync(file, '', { mode: 0o600 })
  } catch {
    return true // a full disk: asked too often is better than never
  }
  return true
}
