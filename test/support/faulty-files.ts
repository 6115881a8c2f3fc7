import type { FileSystem } from '../../src/platform/files.ts'
import type { KeyStore } from '../../src/platform/keychain/types.ts'

/**
 * What happens at the `at`-th call. `before`: the process dies there, so this and every later call fails.
 * `torn`: half of a write arrives, then the process dies.
 */
export type Fault =
  | { readonly kind: 'before' | 'torn'; readonly at: number }
  | { readonly kind: 'error'; readonly at: number; readonly code: string; readonly forGood: boolean }

export type FaultyFiles = {
  readonly fs: FileSystem
  /** Names of the calls made, in order; the first is number 1. An `open` that makes a file is a `create`. */
  readonly calls: readonly string[]
  /** The same fault for what is no file: a key store of this process. */
  readonly alsoIn: (keys: KeyStore) => KeyStore
}

/** The real file system with one fault in it; without a fault it only counts. */
export function faultyFiles(real: FileSystem, fault?: Fault): FaultyFiles {
  const calls: string[] = []
  const guard =
    <A extends readonly unknown[], R>(name: string, call: (...args: A) => R, tear?: (...args: A) => void) =>
    (...args: A): R => {
      calls.push(name === 'open' && args[1] === 'create' ? 'create' : name)
      if (fault === undefined || calls.length < fault.at) return call(...args)
      if (fault.kind === 'error') {
        if (calls.length > fault.at && !fault.forGood) return call(...args)
        if (name === 'close') call(...args) // close(2) frees the descriptor also where it fails
        throw Object.assign(new Error(`${fault.code}: injected into ${name}`), { code: fault.code, syscall: name })
      }
      if (calls.length === fault.at && fault.kind === 'torn') tear?.(...args)
      throw new Error(`dead since ${name}`)
    }
  const fs: FileSystem = {
    open: guard('open', real.open),
    close: guard('close', real.close),
    read: guard('read', real.read),
    write: guard('write', real.write, (fd, buffer, offset, length, position) => {
      real.write(fd, buffer, offset, Math.floor(length / 2), position)
    }),
    fsync: guard('fsync', real.fsync),
    ftruncate: guard('ftruncate', real.ftruncate),
    fchmod: guard('fchmod', real.fchmod),
    fchown: guard('fchown', real.fchown),
    fstat: guard('fstat', real.fstat),
    stat: guard('stat', real.stat),
    lstat: guard('lstat', real.lstat),
    rename: guard('rename', real.rename),
    link: guard('link', real.link),
    unlink: guard('unlink', real.unlink),
    readdir: guard('readdir', real.readdir),
    mkdir: guard('mkdir', real.mkdir),
    rmdir: guard('rmdir', real.rmdir),
    realpath: guard('realpath', real.realpath),
    readlink: guard('readlink', real.readlink),
    syncDirectory: guard('syncDirectory', real.syncDirectory),
  }
  const alsoIn = (keys: KeyStore): KeyStore => ({
    name: keys.name,
    get: guard('keys.get', async (item) => keys.get(item)),
    set: guard('keys.set', async (item, key) => keys.set(item, key)),
    delete: guard('keys.delete', async (item) => keys.delete(item)),
  })
  return { fs, calls, alsoIn }
}
