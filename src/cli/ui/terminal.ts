import { asciiText, inertText } from '../../base/terminal-text.ts'
import { type Output, speaksUtf8, standardOutput, wantsColour } from '../../platform/output.ts'
import type { Switches } from '../switches.ts'
import { loadPaint, type Paint } from './paint.ts'
import { bySentence } from './sentences.ts'

/** Where a command speaks. stdout is for machines, stderr for people. */
export type Terminal = {
  /** One line (or one JSON document) on stdout. */
  readonly out: (text: string) => void
  /** One line on stderr. */
  readonly note: (text: string) => void
  /** Someone can be asked: stdin and stderr are TTYs and nobody said `--non-interactive`. */
  readonly interactive: boolean
  /** Keys pressed go to this process, and Ctrl-C to all of its children as well. */
  readonly inIsTty: boolean
  /** What is written to stdout stands on a screen. */
  readonly outIsTty: boolean
  readonly columns: number
  /** Stdout as a surface to draw on, of whatever size it has now. */
  readonly screen: Pick<Output, 'write' | 'columns' | 'rows'>
  readonly paint: { readonly out: Paint; readonly note: Paint }
}

/** The terminal, or whatever stands in for one, that the process was started with. */
export async function openTerminal(process: NodeJS.Process, { nonInteractive }: Switches): Promise<Terminal> {
  const output = standardOutput(process)
  const [out, note] = await Promise.all([
    loadPaint(wantsColour(process.env, output.stdoutIsTty())),
    loadPaint(wantsColour(process.env, output.stderrIsTty())),
  ])
  const isPlain = !speaksUtf8(process.env, process.platform)
  const [toOut, toNote] = [isPlain && output.stdoutIsTty(), isPlain && output.stderrIsTty()]
  const inert = inertFor(process.env)
  const shown = (text: string, plain: boolean): string => {
    const safe = inert(text)
    return plain ? asciiText(safe) : safe
  }
  return {
    out: (text) => output.out(shown(text, toOut)),
    note: (text) => output.note(bySentence(shown(text, toNote), output.stderrColumns())),
    interactive: !nonInteractive && output.stdinIsTty() && output.stderrIsTty(),
    inIsTty: output.stdinIsTty(),
    outIsTty: output.stdoutIsTty(),
    columns: output.columns(),
    screen: { ...output, write: (text) => output.write(shown(text, toOut)) },
    paint: { out, note },
  }
}

/** For what is printed where a runner may look for commands in what its jobs print. */
export const inertFor = (env: NodeJS.ProcessEnv): ((text: string) => string) =>
  readsCommands(env) ? inertText : (text) => text

const readsCommands = (env: NodeJS.ProcessEnv): boolean =>
  env['GITHUB_ACTIONS'] === 'true' || env['TF_BUILD']?.toLowerCase() === 'true'
