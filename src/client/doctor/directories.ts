import type { DirectoryFacts } from '../../platform/directory-facts.ts'
import type { Places } from '../../platform/places.ts'
import { FIX, ok } from './finding.ts'
import type { Check, Finding } from './types.ts'

export type DirectoryCheckDeps = {
  readonly places: Places
  readonly uid: number | undefined
  readonly facts: (path: string) => DirectoryFacts
  /** Narrows one of ours to 0700. */
  readonly close: (path: string) => void
}

const OVERRIDE: Readonly<Record<keyof Places, string>> = {
  config: 'JIT_CONFIG_DIR',
  state: 'JIT_STATE_DIR',
  runtime: 'JIT_RUNTIME_DIR',
}

export const directoryCheck = (deps: DirectoryCheckDeps): Check => ({
  name: 'directories',
  look: async () => {
    const found = (['config', 'state', 'runtime'] as const).flatMap((place) => aboutPlace(deps, place))
    return found.length > 0 ? found : [ok('They are yours alone, and on a local disk.')]
  },
})

function aboutPlace({ places, uid, facts, close }: DirectoryCheckDeps, place: keyof Places): readonly Finding[] {
  const path = places[place]
  const { own, isWritable, network } = facts(path)
  const refused = (says: string, mend = `Name another: ${OVERRIDE[place]}=/path/to/directory`): Finding => ({
    level: 'problem',
    code: 'FILE_REFUSED',
    says: `${path} ${says}.`,
    mend,
  })
  if (own?.isDirectory === false) return [refused('is no directory')]
  if (own !== undefined && uid !== undefined && own.uid !== uid) return [refused(`belongs to user ${own.uid}`)]
  const found: Finding[] = []
  if (!isWritable) found.push(refused('cannot be written'))
  if (network !== undefined && place !== 'config')
    found.push(refused(`lies on ${network}, where locks do not reach other processes`))
  if (own !== undefined && uid !== undefined && (own.mode & 0o077) !== 0) {
    const says = `Others may look into ${path} (${own.mode.toString(8)}).`
    const mending = { says, mend: FIX, fix: async () => close(path) }
    // settings hold no secret, but whoever can write them sends logins to another endpoint
    const isHarmless = place === 'config' && (own.mode & 0o022) === 0
    found.push(isHarmless ? { level: 'note', ...mending } : { level: 'problem', code: 'FILE_REFUSED', ...mending })
  }
  return found
}
