import { type Call, executed } from './trace.ts'
import { type Canary, type filesBelow, TracedFiles } from './traced-files.ts'
import { ANSWER } from './traced-shell.ts'

export type Search = {
  readonly calls: readonly Call[]
  readonly canaries: readonly Canary[]
  readonly home: string
  readonly before: ReturnType<typeof filesBelow>
  /** What the disk really held when; the calls must come to the same, or they do not tell all. */
  readonly moments: readonly { readonly at: number; readonly files: readonly string[] }[]
}

/** These have no business on any wire, whoever asks. */
const STAYS_HERE = /^(DPoP key|AWS secret key|AWS session token)/

/** Everything that the calls show of secrets where none may be; each sentence begins with its kind. */
export function leaks({ calls, canaries, home, before, moments }: Search): readonly string[] {
  const files = new TracedFiles(home, canaries, before)
  const found = new Set<string>()
  const waiting = [...moments]
  for (const call of calls) {
    while (waiting[0] !== undefined && waiting[0].at < call.at) compare(files, waiting.shift()?.files ?? [], found)
    for (const each of files.apply(call)) found.add(each)
    for (const each of handedOn(call, canaries, home)) found.add(each)
  }
  return [...found]
}

function compare(files: TracedFiles, onDisk: readonly string[], found: Set<string>): void {
  const seen = files.holding().join(', ')
  if (seen !== onDisk.join(', '))
    found.add(`the trace does not tell all: it has secrets in ${seen}, the disk in ${onDisk.join(', ')}`)
}

function handedOn(call: Call, canaries: readonly Canary[], home: string): readonly string[] {
  if (call.name === 'execve') {
    const { argv, env } = executed(call)
    return [
      ...namesIn(argv, canaries).map((name) => `argv: ${name} given to ${argv[0]}`),
      ...namesIn(env, canaries).map((name) => `environment: ${name} given to ${argv[0]}`),
    ]
  }
  if (!/^(p?writev?(64)?|send(to|msg))$/.test(call.name)) return []
  const [path = ''] = call.paths
  if (path.startsWith(`${home}/`) || path.endsWith(ANSWER)) return []
  const names = namesIn(call.strings.map(String), canaries)
  if (!path.startsWith('socket:')) return names.map((name) => `said: ${name} into ${path}`)
  return names.filter((name) => STAYS_HERE.test(name)).map((name) => `sent: ${name} into a connection`)
}

const namesIn = (texts: readonly string[], canaries: readonly Canary[]): readonly string[] =>
  canaries.filter(({ text }) => texts.some((each) => each.includes(text))).map(({ name }) => name)
