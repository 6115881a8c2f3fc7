import type { DirectoryFacts } from '../../platform/directory-facts.ts'
import type { Places } from '../../platform/places.ts'
import { FIX, note, ok } from './finding.ts'
import type { Check, Finding } from './types.ts'

export type DirectoryCheckDeps = {
  readonly places: Places
  /** Where the clients of clouds keep their files. */
  readonly home: string
  /** Where locks lie: in `places.state`, unless that is on a network. */
  readonly locks: () => string
  /** How many other machines keep records in `places.state`. */
  readonly otherMachines: () => number
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
    found.push(...aboutNetwork(deps), ...aboutOthers(deps))
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
  if (network !== undefined && place === 'runtime')
    found.push(refused(`lies on ${network}, so private files of grants would leave this machine`))
  if (own !== undefined && uid !== undefined && (own.mode & 0o077) !== 0) {
    const says = `Others may look into ${path} (${own.mode.toString(8)}).`
    const mending = { says, mend: FIX, fix: async () => close(path) }
    // settings hold no secret, but whoever can write them sends logins to another endpoint
    const isHarmless = place === 'config' && (own.mode & 0o022) === 0
    found.push(isHarmless ? { level: 'note', ...mending } : { level: 'problem', code: 'FILE_REFUSED', ...mending })
  }
  return found
}

/** A home on a file server: what stays on this machine all the same, and what does not. */
function aboutNetwork({ places, home, locks, facts }: DirectoryCheckDeps): readonly Finding[] {
  const found: Finding[] = []
  const under = facts(places.state).network
  if (under !== undefined) {
    const at = locks()
    found.push(
      at.startsWith(`${places.state}/`)
        ? {
            level: 'problem',
            code: 'FILE_REFUSED',
            says: `${places.state} lies on ${under}, where locks may not reach other processes, and no local directory was found for them.`,
            mend: `Name one: ${OVERRIDE.runtime}=/path/to/directory`,
          }
        : note(`${places.state} lies on ${under}; the locks of this machine lie in ${at}.`),
    )
  }
  const server = facts(home).network
  if (server !== undefined)
    found.push(
      note(
        `Your home lies on ${server}: credentials delivered as files can be read on every machine that mounts it.`,
        'To keep them on this one: jit elevate TARGET --deliver process, or isolated',
      ),
    )
  return found
}

function aboutOthers({ places, otherMachines }: DirectoryCheckDeps): readonly Finding[] {
  const count = otherMachines()
  if (count === 0) return []
  const who = count === 1 ? 'Another machine keeps its' : `${count} other machines keep their`
  return [note(`${who} records in ${places.state} too; what is over in shared files is removed from here as well.`)]
}
