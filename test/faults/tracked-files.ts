import type { FileSystem } from '../../src/platform/files.ts'

/**
 * The file system with a list of what is open: a process that dies has its files closed by the kernel, one that only
 * plays dead inside the harness has not.
 */
export function trackedFiles(real: FileSystem): { readonly fs: FileSystem; closeAll(): void } {
  const open = new Set<number>()
  const fs: FileSystem = {
    ...real,
    open: (path, how, mode) => {
      const fd = real.open(path, how, mode)
      open.add(fd)
      return fd
    },
    close: (fd) => {
      open.delete(fd)
      real.close(fd)
    },
  }
  return {
    fs,
    closeAll: () => {
      for (const fd of open) real.close(fd)
      open.clear()
    },
  }
}
