import type { Environment } from '../../base/environment.ts'
import { wantsColour } from '../../platform/output.ts'
import type { Busy, Line, Wait } from './busy.ts'
import { shortened } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Shows what is being waited for. Without a TTY each new state is a line. */
export type Spinner = { readonly show: (text: string) => void; readonly stop: () => void }

/** Cells of the dots and of what the terminal itself writes at Ctrl-C: `^C`. */
const BESIDE = 5

type Screen = { readonly stream: NodeJS.WriteStream; readonly env: Environment; readonly utf8: boolean }

/** Cursor movements would be garbage in a log, and on a terminal that has none. */
const isAnimated = ({ stream, env }: Pick<Screen, 'stream' | 'env'>): boolean =>
  stream.isTTY && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === ''

/** A spinner of `ora`, which is loaded here and nowhere else. `utf8`: whether braille dots can be shown. */
export async function spinnerLine(screen: Screen): Promise<Line | undefined> {
  if (!isAnimated(screen)) return undefined
  const { default: ora } = await import('ora')
  const { stream, env, utf8 } = screen
  const spinner = ora({
    spinner: utf8 ? 'dots' : 'line',
    stream,
    discardStdin: false, // Ctrl-C must reach the signal handler of run.ts
    hideCursor: true,
    color: wantsColour(env, true) ? 'cyan' : false, // ora itself does not know NO_COLOR
  })
  return {
    show: (text) => {
      spinner.text = shortened(text, stream.columns - BESIDE) // over two lines it would leave half of itself behind
      if (!spinner.isSpinning) spinner.start()
    },
    hide: () => void spinner.stop(),
    around: (write) => {
      if (!spinner.isSpinning) return write()
      spinner.clear()
      write()
      spinner.render()
    },
  }
}

/** For waits that take hours and are worth a line each where nobody watches. */
export function spinnerOf(terminal: Terminal, busy: Busy, screen: Omit<Screen, 'utf8'>): Spinner {
  return isAnimated(screen) ? onLine(busy) : lines(terminal)
}

function onLine(busy: Busy): Spinner {
  let wait: Wait | undefined
  return {
    show: (text) => {
      if (wait === undefined) wait = busy.begin(text)
      else wait.show(text)
    },
    stop: () => {
      wait?.stop()
      wait = undefined
    },
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
