import { errnoOf } from '../base/errno.ts'

/** Which processes there are, for locks that name their holder. */
export type ProcessTable = {
  readonly pid: number
  isAlive(pid: number): boolean
}

export const systemProcesses: ProcessTable = {
  pid: process.pid,
  isAlive: (pid) => {
    try {
      process.kill(pid, 0) // sends nothing
      return true
    } catch (error) {
      return errnoOf(error) === 'EPERM' // somebody else's
    }
  },
}
