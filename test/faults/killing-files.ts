import type { FileSystem } from '../../src/platform/files.ts'

type Death = { readonly at: number; readonly how: 'before' | 'torn' }

/** The real file system, where the kernel ends this process at call `at`: nothing of ours runs after that, no `finally` either. */
export function killingFiles(
  real: FileSystem,
  death: Death,
): { readonly fs: FileSystem; readonly calls: readonly string[] } {
  const calls: string[] = []
  const die = (): void => void process.kill(process.pid, 'SIGKILL')
  const before =
    <A extends readonly unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A): R => {
      calls.push(name === 'open' && args[1] === 'create' ? 'create' : name)
      if (calls.length === death.at && death.how === 'before') die()
      return call(...args)
    }
  const fs: FileSystem = {
    open: before('open', real.open),
    close: before('close', real.close),
    read: before('read', real.read),
    write: before('write', (fd, buffer, offset, length, position) => {
      if (calls.length !== death.at) return real.write(fd, buffer, offset, length, position)
      const written = real.write(fd, buffer, offset, Math.floor(length / 2), position)
      die()
      return written
    }),
    fsync: before('fsync', real.fsync),
    ftruncate: before('ftruncate', real.ftruncate),
    fchmod: before('fchmod', real.fchmod),
    fchown: before('fchown', real.fchown),
    fstat: before('fstat', real.fstat),
    stat: before('stat', real.stat),
    lstat: before('lstat', real.lstat),
    rename: before('rename', real.rename),
    link: before('link', real.link),
    unlink: before('unlink', real.unlink),
    readdir: before('readdir', real.readdir),
    mkdir: before('mkdir', real.mkdir),
    rmdir: before('rmdir', real.rmdir),
    realpath: before('realpath', real.realpath),
    readlink: before('readlink', real.readlink),
    syncDirectory: before('syncDirectory', real.syncDirectory),
  }
  return { fs, calls }
}
