import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approvalApi } from '../../src/client/approval/client.ts'
import type { ApprovalApi } from '../../src/client/approval/types.ts'
import { openIdentity } from '../../src/client/identity/identity.ts'
import { login } from '../../src/client/identity/login.ts'
import { loginStore } from '../../src/client/identity/store.ts'
import type { StoredLogin } from '../../src/client/identity/types.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeHttp } from '../../src/platform/http-node.ts'
import { memoryKeyStore } from '../../src/platform/keychain/memory.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { approveInBrowser } from './browser-robot.ts'

/** Somebody who logged in with jit's own client code and may call the endpoint. */
export type JitPerson = { readonly api: ApprovalApi; readonly login: StoredLogin; remove(): void }

/** Logs in at the IdP, with a robot at the browser, and at the endpoint with the ID token. */
export async function jitPerson(
  endpointUrl: string,
  user: string,
  flow: 'browser' | 'device' = 'browser',
): Promise<JitPerson> {
  const stateDirectory = mkdtempSync(join(tmpdir(), `jit-${user}-`))
  const deps = {
    http: nodeHttp,
    clock: systemClock,
    random: systemRandom,
    env: { DISPLAY: ':0' },
    platform: 'linux' as const,
    store: loginStore({ stateDirectory, keyStore: memoryKeyStore(), random: systemRandom }),
    withLock: <T>(_name: string, work: () => Promise<T>) => work(),
  }
  let acted: Promise<unknown> = Promise.resolve()
  const launch = async (_program: string, args: readonly string[]): Promise<boolean> => {
    acted = approveInBrowser(args.at(-1) ?? '', user)
    return true
  }
  const stored = await login(
    { ...deps, launch },
    {
      endpointUrl,
      flow,
      signal: AbortSignal.timeout(30_000),
      onUserCode: ({ completeUrl }) => {
        acted = approveInBrowser(completeUrl ?? '', user)
      },
      onBrowserUrl: () => undefined,
    },
  )
  await acted
  const identity = await openIdentity(deps)
  return {
    api: approvalApi({ identity, ...deps }),
    login: stored,
    remove: () => rmSync(stateDirectory, { recursive: true }),
  }
}
