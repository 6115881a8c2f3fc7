import type { Environment } from '../../base/environment.ts'
import { KEY_STORE_CHOICES } from '../../platform/keychain/types.ts'
import { note, ok } from './finding.ts'
import type { Check, Finding } from './types.ts'

/** About what people see, not what jit does. */
const TOLD = ['JIT_PROMPT', 'JIT_DEBUG', 'JIT_NOTICE']

/** What SDKs believe before any profile that jit writes. */
const BEFORE_US: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'AWS',
  CLOUDSDK_AUTH_ACCESS_TOKEN: 'Google Cloud',
  GOOGLE_APPLICATION_CREDENTIALS: 'Google Cloud',
  AZURE_CLIENT_ID: 'Azure',
}

/** Names only: a value may be a password. */
export const environmentCheck = (env: Environment): Check => ({
  name: 'environment',
  look: async () => {
    const isSet = (name: string): boolean => (env[name] ?? '') !== ''
    const ours = Object.keys(env).filter((name) => name.startsWith('JIT_') && isSet(name) && !TOLD.includes(name))
    const found: Finding[] = [...unknownKeyStore(env['JIT_KEY_STORE'])]
    if (ours.length > 0) found.push(note(`Stronger than settings and defaults: ${ours.toSorted().join(', ')}.`))
    for (const [name, cloud] of Object.entries(BEFORE_US))
      if (isSet(name))
        found.push(
          note(`${name} is set: SDKs for ${cloud} may take it before anything that jit delivers.`, `unset ${name}`),
        )
    return found.length > 0 ? found : [ok('Nothing in it changes what jit does.')]
  },
})

function unknownKeyStore(value = ''): readonly Finding[] {
  if (value === '' || KEY_STORE_CHOICES.some((each) => each === value)) return []
  const mend = `JIT_KEY_STORE=${KEY_STORE_CHOICES.join(', or =')}`
  return [{ level: 'problem', code: 'CONFIG', says: 'JIT_KEY_STORE names no key store, and so means nothing.', mend }]
}
