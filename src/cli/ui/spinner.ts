import { cells } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Shows what is being waited for. Without a TTY each new state is a line. */
export type Spinner = { readonly show: (text: string) => void; readonly stop: () => void }

/** Loads `ora` only on a TTY. `utf8`: whether braille dots can be shown. */
export async function loadSpinner(
  terminal: Terminal,
  { stream, utf8 }: { readonly stream: NodeJS.WriteStream; readonly utf8: boolean },
): Promise<Spinner> {
  if (!stream.isTTY) return lines(terminal)
  const { default: ora } = await import('ora')
  const spinner = ora({
    spinner: utf8 ? 'dots' : 'line',
    stream,
    discardStdin: false, // Ctrl-C must reach the signal handler of run.ts
    hideCursor: true,
  })
  const fit = (text: string): string => shortened(text, terminal.columns - 3)
  return {
    show: (text) => {
      spinner.text = fit(text)
      if (!spinner.isSpinning) spinner.start()
    },
    stop: () => void spinner.stop(),
  }
}

function lines(terminal: Terminal): Spinner {
  let last = ''
  return {
    show: (text) => {
      if (text !== last) terminal.note(text)
      last = text
    },
    stop: () => undefined,
  }
}

/** Cut to one line: a spinner over two lines would leave half of itself behind when it moves. */
function shortened(text: string, width: number): string {
  if (cells(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (cells(kept + character) > Math.max(1, width - 3)) break
    kept += character
  }
  return `${kept}...`
}
