import type { Environment } from '../../base/environment.ts'
import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

/** `jit shell-init` exports `JIT_PROMPT`. */
export const promptCheck = (env: Environment): Check => ({
  name: 'prompt',
  look: async () =>
    env['JIT_PROMPT']
      ? [ok('It shows grants, and asks for a sweep when one is due.')]
      : [
          note(
            'This shell was started without the prompt hook, which shows grants and asks for a sweep when one is due.',
          ),
        ],
})
