import { JitError } from '../../base/errors.ts'
import { note, ok, problemOf } from './finding.ts'
import type { Check, Finding } from './types.ts'

/**
 * One file or directory of a client's that a delivery would write to. `inspect` says whether it is there, and what the delivery
 * would do otherwise because of it; it throws the `JitError` that the delivery would.
 */
export type ClientFile = {
  readonly client: string
  readonly inspect: () => Promise<{ readonly exists: boolean; readonly note?: string }>
}

export const clientFileCheck = (files: () => readonly ClientFile[]): Check => ({
  name: 'files of clients',
  look: async () => {
    const found: Finding[] = []
    const fine = new Set<string>()
    for (const { client, inspect } of files()) {
      const about = await inspected(inspect)
      if ('level' in about) {
        if (!found.some(({ says }) => says === about.says)) found.push(about) // one obstacle may lie in the way of several
      } else if (about.note !== undefined) found.push(note(about.note))
      else if (about.exists) fine.add(client)
    }
    if (fine.size > 0) found.push(ok(`Readable as the clients read them: ${[...fine].join(', ')}.`))
    return found.length > 0 ? found : [ok('None is there yet.')]
  },
})

async function inspected(inspect: ClientFile['inspect']): Promise<Finding | { exists: boolean; note?: string }> {
  try {
    return await inspect()
  } catch (error) {
    if (error instanceof JitError) return problemOf(error)
    throw error
  }
}
