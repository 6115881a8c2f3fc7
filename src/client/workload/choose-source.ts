import type { Environment } from '../../base/environment.ts'
import { JitError } from '../../base/errors.ts'
import { SOURCES } from './sources.ts'
import { PROVIDERS, type Surroundings, type TokenSource } from './types.ts'

/** Variable and flag that choose: one of {@link PROVIDERS}, `off`, or `auto`. */
export const CHOICE = 'JIT_WORKLOAD'

/**
 * Whose token this process logs in with; `undefined`: the login of a person. A job of a pipeline speaks for itself even where
 * somebody is logged in on its machine: his rights are not the pipeline's. What a machine is counts only where nobody is.
 */
export function chooseSource(
  around: Surroundings,
  { isPersonHere }: { readonly isPersonHere: () => boolean },
): TokenSource | undefined {
  const wanted = choiceIn(around.env)
  if (wanted === 'off') return undefined
  if (wanted !== 'auto') return named(wanted, around)
  const found = SOURCES.find((source) => source.isHere(around))
  return found?.kind === 'machine' && isPersonHere() ? undefined : found
}

const choiceIn = (env: Environment): string => (env[CHOICE] || 'auto').toLowerCase()

/** Whether somebody said which; else it was found. */
export const isChosen = (env: Environment): boolean => !['auto', 'off'].includes(choiceIn(env))

function named(wanted: string, around: Surroundings): TokenSource {
  const sources = SOURCES.filter(({ provider }) => provider === wanted)
  const source = sources.find((each) => each.isHere(around)) ?? sources[0]
  if (source !== undefined) return source
  throw new JitError(
    'USAGE',
    `There is no workload identity called ${wanted}.`,
    `Choose with --workload or ${CHOICE}: ${PROVIDERS.join(', ')}, auto, off`,
  )
}
