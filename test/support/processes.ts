import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Ids of all processes. None without `/proc`. */
export function processIds(): readonly number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    return []
  }
}

/** With spaces between its parts; empty once the process has ended. */
export function processText(id: number, name: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // gone meanwhile
  }
}

/** Other processes than this one that name `directory`, or have it in the environment they started with. Linux. */
export const processesNaming = (directory: string): readonly number[] =>
  processIds().filter((id) => id !== process.pid && names(id, directory))

function names(id: number, directory: string): boolean {
  for (;;) {
    const text = processText(id, 'cmdline') + processText(id, 'environ')
    if (text !== '' || !isRunning(id)) return text.includes(directory)
  }
}

/** In the middle of `execve` a process shows neither words nor environment, as an ended one; but only an ended one has no program. */
function isRunning(id: number): boolean {
  try {
    return readlinkSync(`/proc/${id}/exe`) !== ''
  } catch {
    return false
  }
}
