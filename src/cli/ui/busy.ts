import type { Clock } from '../../platform/clock.ts'
import type { Terminal } from './terminal.ts'

/** One line that moves, at the end of what was written to the terminal. */
export type Line = {
  readonly show: (text: string) => void
  readonly hide: () => void
  /** Takes it off the screen for something that is written where it stands, and draws it again below that. */
  readonly around: (write: () => void) => void
}

/** Says what is being waited for, once a wait is worth a word, and leaves no trace. Nested waits: the innermost speaks. */
export type Busy = {
  readonly begin: (text: string) => Wait
  readonly during: <T>(text: string, work: () => Promise<T>) => Promise<T>
  /** Keeps the line away while a person answers. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>
  /** Writes something of several lines or one, wherever the line stands. */
  readonly around: (write: () => void) => void
}
export type Wait = { readonly show: (text: string) => void; readonly stop: () => void }

/** Shorter waits are not noticed, so a word about them would only flicker. */
export const PATIENCE_MS = 300

type Waiting = { text: string; isLong: boolean }

/** `load` gives the line, or `undefined` where nobody watches; it is called at the first wait that is long enough. */
export function busyLine(clock: Pick<Clock, 'sleep'>, load: () => Promise<Line | undefined>): Busy {
  const waits: Waiting[] = []
  let asides = 0
  let line: Line | undefined
  let loading: Promise<void> | undefined

  const redraw = (): void => {
    const top = asides > 0 ? undefined : waits.findLast(({ isLong }) => isLong)
    if (top === undefined) return line?.hide()
    if (line !== undefined) return line.show(top.text)
    loading ??= fetchLine()
  }
  const fetchLine = async (): Promise<void> => {
    line = await load()
    if (line !== undefined) redraw()
  }

  const begin = (text: string): Wait => {
    const wait: Waiting = { text, isLong: false }
    const over = new AbortController()
    waits.push(wait)
    const ripen = (): void => {
      if (over.signal.aborted) return
      wait.isLong = true
      redraw()
    }
    void clock.sleep(PATIENCE_MS, over.signal).then(ripen)
    return {
      show: (next) => {
        wait.text = next
        redraw()
      },
      stop: () => {
        over.abort()
        const place = waits.indexOf(wait)
        if (place >= 0) waits.splice(place, 1)
        redraw()
      },
    }
  }

  return {
    begin,
    during: async (text, work) => {
      const wait = begin(text)
      return work().finally(wait.stop)
    },
    aside: async (work) => {
      asides += 1
      redraw()
      return work().finally(() => {
        asides -= 1
        redraw()
      })
    },
    around: (write) => (line === undefined ? write() : line.around(write)),
  }
}

/** The terminal, with every line written above the one that moves. */
export const aboveBusy = (terminal: Terminal, busy: Busy): Terminal => ({
  ...terminal,
  out: (text) => busy.around(() => terminal.out(text)),
  note: (text) => busy.around(() => terminal.note(text)),
})
