import { readdirSync, readFileSync } from 'node:fs'

/** Collects the command lines of all processes while it runs, as any user of the machine could. Linux. */
export function watchCommandLines(): { stop(): readonly string[] } {
  const seen = new Set<string>()
  const look = (): void => {
    for (const id of readdirSync('/proc')) if (/^\d+$/.test(id)) seen.add(commandLine(id))
  }
  const timer = setInterval(look, 15)
  return {
    stop: () => {
      clearInterval(timer)
      return [...seen]
    },
  }
}

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // gone meanwhile
  }
}
