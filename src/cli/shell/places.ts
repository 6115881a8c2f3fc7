import { join } from 'node:path'
import { PROMPT_HINT } from '../../client/leases/prompt-hint.ts'
import { background } from '../background.ts'
import type { Host } from '../host.ts'
import type { Installation } from '../installation.ts'
import type { PromptPlaces } from './types.ts'

/** The rest of the environment stays the shell's own: a script that is kept in a file must not carry what it was that day. */
export function promptPlaces(host: Host, { places, root }: Installation): PromptPlaces {
  const { file, args, env } = background('sweep', host, places)
  const ours = Object.entries(env).filter(([name]) => /^JIT_\w+_DIR$/.test(name))
  return {
    hint: join(root, PROMPT_HINT),
    asked: join(root, 'sweep-asked'),
    sweep: [file, ...args],
    env: Object.fromEntries(ours),
  }
}
