/** What a process leaves that dies before one of these is what it leaves after: `fsync` matters to a power loss only. */
export const UNCHANGING: readonly string[] = [
  'open',
  'close',
  'read',
  'fstat',
  'stat',
  'lstat',
  'readdir',
  'realpath',
  'readlink',
  'fsync',
  'syncDirectory',
]
