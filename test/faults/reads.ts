/** These leave the disk as it is, so a crash before or after one of them is the same crash. `open` may create. */
export const READS: readonly string[] = ['close', 'read', 'fstat', 'stat', 'lstat', 'readdir', 'realpath', 'readlink']
