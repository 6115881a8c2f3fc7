import { OwnFile } from './own-file.ts'
import { Pointer } from './pointer.ts'
import { type SealedDeps, SealedFile } from './sealed-file.ts'
import { type Formats, SharedFile } from './shared-file.ts'
import type { Engines } from './types.ts'

/** Who reads, writes and wipes which kind of place. */
export function createEngines(deps: SealedDeps, formats: Formats): Engines {
  const own = new OwnFile(deps)
  return {
    entry: new SharedFile(deps, formats),
    own,
    'own-directory': own,
    debris: own,
    sealed: new SealedFile(deps),
    pointer: new Pointer(deps),
  }
}
