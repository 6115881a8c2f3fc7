import type { PersonHome } from '../support/person.ts'
import type { Client, Way } from './clients.ts'

/** One client, some of its calls. */
export type Attempt = {
  /** Whether every call succeeded; whether every one failed. */
  readonly all: 'succeeded' | 'failed' | 'neither'
  readonly output: string
  /** The last line of what it said of its failure. */
  readonly complaint: string
}
type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** `script`: what `jit env` printed while there was a grant. */
export type Through = { readonly way: Way; readonly target: string; readonly script?: string }

export async function attempt(
  home: PersonHome,
  calls: ReturnType<Client['calls']>,
  through?: Through,
): Promise<Attempt> {
  const ended: Ended[] = []
  for (const call of calls) ended.push(await run(home, call, through))
  const good = ended.map(({ code, stdout }) => code === 0 && !stdout.includes('"failed":'))
  return {
    all: good.every(Boolean) ? 'succeeded' : good.some(Boolean) ? 'neither' : 'failed',
    output: ended.map(({ stdout }) => stdout).join(''),
    complaint: ended.map(({ stdout, stderr }) => lastLine(stderr) || lastLine(stdout)).find(Boolean) ?? '',
  }
}

function run(home: PersonHome, call: readonly [string, ...string[]], through?: Through): Promise<Ended> {
  if (through === undefined || through.way === 'own files') return home.run(...call)
  if (through.way === 'jit exec') return home.jit('exec', through.target, '--', ...call)
  if (through.script === undefined) return home.jit('env', through.target)
  return home.run('bash', '-c', 'eval "$1"; shift; exec "$@"', 'bash', through.script, ...call)
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''
