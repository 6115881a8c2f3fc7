import { readdirSync, readFileSync } from 'node:fs'

/**
 * Collects the command lines of processes while it runs, as any user of the machine could. Those that neither name `directory` nor
 * have it in their environment belong to somebody else. Linux.
 */
export function watchCommandLines(directory: string): { stop(): readonly string[] } {
  const seen = new Set<string>()
  const look = (): void => {
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const line = textOf(id, 'cmdline')
      if (line.includes(directory) || textOf(id, 'environ').includes(directory)) seen.add(line)
    }
  }
  const timer = setInterval(look, 15)
  return {
    stop: () => {
      clearInterval(timer)
      return [...seen]
    },
  }
}

function textOf(id: string, name: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // gone meanwhile
  }
}
