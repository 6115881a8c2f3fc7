import type { Child, Ending, Program } from '../platform/processes.ts'

/** Stands between this process and the signals that it gets: `handle` has them until the returned function is called. */
export type DivertSignals = (handle: (signal: NodeJS.Signals) => void) => () => void

export type ChildRunDeps = {
  readonly runChild: (program: Program) => Promise<Child>
  readonly divertSignals: DivertSignals
  /** The terminal sends Ctrl-C and the like to all of its foreground processes, so to the child as well. */
  readonly onTerminal: boolean
}

const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs a program to its end, whatever signals come: they are the child's to answer, and this process has to tidy up after it. A
 * second Ctrl-C makes some programs drop everything at once (terraform), so none is sent that the terminal sends already.
 */
export async function runToEnd(deps: ChildRunDeps, program: Program): Promise<Ending> {
  const early: NodeJS.Signals[] = []
  let child: Child | undefined
  const release = deps.divertSignals((signal) => {
    if (deps.onTerminal && FROM_TERMINAL.includes(signal)) return
    if (child === undefined) early.push(signal)
    else child.kill(signal)
  })
  try {
    child = await deps.runChild(program)
    for (const signal of early) child.kill(signal)
    return await child.ended
  } finally {
    release()
  }
}
