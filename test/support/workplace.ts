import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { processesNaming } from './processes.ts'

const LOOK_AGAIN_MS = 5

/**
 * Removes a directory in which the programs under test were at work. What they let loose there and nobody holds a handle of (a
 * sweep that a prompt asked for, a reaper) is ended before: it would write into what is being removed.
 */
export async function removeWorkplace(directory: string): Promise<void> {
  for (let left = processesNaming(directory); left.length > 0; left = processesNaming(directory)) {
    left.forEach(end)
    await pause(LOOK_AGAIN_MS)
  }
  rmSync(directory, { recursive: true, force: true })
}

function end(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    return // it has ended by itself
  }
}
