import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { filesHolding } from './disk.ts'

/** A home directory of its own on a real disk, or in memory where a test makes thousands of files. Removed by `using`. */
export class TempHome {
  readonly root: string
  readonly home: string
  readonly stateDir: string
  readonly credentials: string

  constructor(where: 'disk' | 'memory' = 'disk') {
    this.root = mkdtempSync(join(where === 'memory' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'jit-test-'))
    this.home = join(this.root, 'home')
    this.stateDir = join(this.root, 'state')
    this.credentials = join(this.home, '.aws', 'credentials')
    mkdirSync(this.home)
  }

  /** As a user has had it for a while: old enough to be believed at once. */
  put(bytes: string | Buffer, mode = 0o600, path = this.credentials): void {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, bytes, { mode })
  }

  read(path = this.credentials): Buffer | undefined {
    return existsSync(path) ? readFileSync(path) : undefined
  }

  text(path = this.credentials): string | undefined {
    return this.read(path)?.toString('latin1')
  }

  mode(path = this.credentials): number | undefined {
    return existsSync(path) ? statSync(path).mode & 0o7777 : undefined
  }

  /** Every file below `root` that holds one of `needles`. */
  filesHolding(...needles: readonly string[]): readonly string[] {
    return filesHolding(this.root, needles)
  }

  /** Names below `home`, to see that nothing was left beside the user's files. */
  names(): readonly string[] {
    return readdirSync(this.home, { recursive: true, encoding: 'utf8' }).toSorted()
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
