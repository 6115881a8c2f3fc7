import { processIds, processText } from './processes.ts'

/**
 * Collects the command lines of processes while it runs, as any user of the machine could. Those that neither name `directory` nor
 * have it in their environment belong to somebody else. Linux.
 */
export function watchCommandLines(directory: string): { stop(): readonly string[] } {
  const seen = new Set<string>()
  const look = (): void => {
    for (const id of processIds()) {
      const line = processText(id, 'cmdline')
      if (line.includes(directory) || processText(id, 'environ').includes(directory)) seen.add(line)
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
