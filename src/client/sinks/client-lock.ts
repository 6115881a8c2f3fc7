import { errnoOf } from '../../base/errno.ts'
import { attempt, ifExists, readFile, removeFile, writeAll } from '../../platform/durable.ts'
import { type FormatSystem, leftByUs, type System } from './settled.ts'

const RETRY_MS = 250
const PATIENCE_MS = 5000
const OURS = /^(\d{1,10}) jit$/

/**
 * Runs `work` under the lock file of the client's own protocol, where the format has one. As `az` does it: made anew, tried for
 * 5 s every 250 ms, then gone on regardless, removed afterwards (az.md §5). The kernel does not release such a lock, so one of
 * ours whose process is dead is taken over.
 */
export async function whileLocked<T>(system: FormatSystem, path: string, work: () => Promise<T>): Promise<T> {
  const lock = system.format.lockFile?.(path)
  if (lock === undefined || !(await takeLock(system, lock))) return work()
  let result: T
  try {
    result = await work()
  } catch (error) {
    attempt(() => removeFile(system.fs, lock))
    throw error
  }
  removeFile(system.fs, lock)
  return result
}

/** Whether there is now a lock file to remove; none where its directory is missing or takes no files. */
async function takeLock(system: System, lock: string): Promise<boolean> {
  for (let waited = 0; ; waited += RETRY_MS) {
    removeStaleLock(system, lock)
    try {
      makeLock(system, lock)
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') return false
    }
    if (waited >= PATIENCE_MS) return true
    await system.clock.sleep(RETRY_MS)
  }
}

function makeLock({ fs, processes }: System, lock: string): void {
  const fd = fs.open(lock, 'create', 0o600)
  try {
    attempt(() => writeAll(fs, fd, Buffer.from(`${processes.pid} jit`), 0)) // a full disk: the name alone is the lock
  } finally {
    fs.close(fd)
  }
}

/** Only one jit at a time works on this machine's credentials, so a lock of this very process is one that a failure left. */
export function removeStaleLock(system: System, lock: string): void {
  const { fs, processes } = system
  if (leftByUs(system, lock) === undefined) return
  const pid = Number(OURS.exec(ifExists(() => readFile(fs, lock))?.toString('latin1') ?? '')?.[1])
  if (pid > 0 && (pid === processes.pid || !processes.isAlive(pid))) removeFile(fs, lock)
}
