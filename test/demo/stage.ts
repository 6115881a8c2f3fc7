import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Ended } from '../support/launch.ts'

/** What a command line was, and what comes of it. */
export type Shown = { readonly argv: readonly string[]; readonly done: Promise<Ended> }

export type Stage = {
  readonly scene: (title: string) => void
  readonly say: (text: string) => void
  /** Prints a prompt with the command, then what the command printed. */
  readonly command: (who: string, shown: Shown) => Promise<Ended>
  readonly file: (path: string) => void
  readonly check: (what: string, holds: boolean) => void
  readonly pause: () => Promise<void>
  readonly close: () => void
}

const MASKED = /^(aws_(?:secret_access_key|session_token) = .{6}).+$/gm

/** `home` is shown as `~`. */
export function createStage(
  input: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream,
  output: WriteStream,
  { coloured, home }: { readonly coloured: boolean; readonly home: string },
): Stage {
  const paint = (code: number, text: string): string => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)
  const write = (text: string): void => void output.write(`${text.replaceAll(home, '~')}\n`)
  const interactive = input.isTTY && output.isTTY
  const lines = interactive ? createInterface({ input, output }) : undefined
  let scenes = 0
  return {
    scene: (title) => write(`\n${paint(36, `${++scenes}. ${title}`)}\n`),
    say: write,
    command: async (who, { argv, done }) => {
      write(`${paint(32, `${who}$`)} ${paint(1, argv.map(quoted).join(' '))}`)
      const ended = await done
      write(`${ended.stderr}${ended.stdout}`.trimEnd())
      write('')
      return ended
    },
    file: (path) => {
      write(paint(2, path))
      write(readFileSync(path, 'utf8').replace(MASKED, '$1…').trimEnd().replace(/^/gm, '  | '))
      write('')
    },
    check: (what, holds) => {
      write(`${holds ? paint(32, 'ok') : paint(31, 'NOT OK')}  ${what}`)
      if (!holds) process.exitCode = 1
    },
    pause: async () => {
      if (lines !== undefined)
        await new Promise<void>((resolve) => lines.question(paint(2, '[Enter] '), () => resolve()))
    },
    close: () => lines?.close(),
  }
}

const quoted = (word: string): string => (/^[\w./:@=-]+$/.test(word) ? word : `"${word}"`)
