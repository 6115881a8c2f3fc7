import { execFileSync } from 'node:child_process'
import { TempHome } from './temp-home.ts'

/** chattr(1), e.g. `+a` for append-only. */
export function setAttribute(attribute: string, path: string): void {
  execFileSync('chattr', [attribute, path], { stdio: 'ignore' })
}

export function canSetAttributes(): boolean {
  using home = new TempHome()
  home.put('')
  try {
    setAttribute('+i', home.credentials)
    setAttribute('-i', home.credentials)
    return true
  } catch {
    return false
  }
}
