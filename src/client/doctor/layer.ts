import type { Program } from '../../platform/processes.ts'
import type { WakeLayer } from '../wake/types.ts'
import { FIX, note, ok } from './finding.ts'
import type { Check } from './types.ts'

export type LayerCheckDeps = {
  readonly layer: WakeLayer
  readonly program: Program
  readonly install: () => Promise<void>
  readonly isUnwanted: () => boolean
  /** The background process ends with its container; what lies on a volume does not. */
  readonly isContainer: boolean
}

export const layerCheck = ({ layer, program, install, isUnwanted, isContainer }: LayerCheckDeps): Check => ({
  name: 'scheduler',
  look: async () => {
    if (!layer.isAvailable())
      return [
        note(
          `There is no service manager for a ${layer.name} here; credentials are removed by the background process and at every start of jit.${isContainer ? ' This is a container, and the background process ends with it.' : ''}`,
          isContainer ? 'To leave nothing on a volume: jit exec TARGET -- COMMAND' : undefined,
        ),
      ]
    if (await layer.isInstalled(program)) return [ok(`${layer.describe()}.`)]
    if (await layer.isThere())
      return [
        {
          level: 'problem',
          code: 'WIPE_FAILED',
          says: `The ${layer.name} is there, but it does not run this jit.`,
          mend: FIX,
          fix: install,
        },
      ]
    const why = isUnwanted() ? 'was removed by wish' : 'is not installed; the next delivery does that'
    return [{ level: 'note', says: `The ${layer.name} ${why}.`, mend: FIX, fix: install }]
  },
})
