import { readdirSync, readFileSync } from 'node:fs'

/** In seconds, of all threads: by the scheduler's own nanoseconds, a hundredth of a second says too little about an idle process. Linux. */
export function processorTime(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9
}
