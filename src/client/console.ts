import { JitError } from '../base/errors.ts'
import type { Cloud } from '../contract/target.ts'
import type { Launch } from '../platform/browser.ts'
import { openBrowser } from '../platform/browser.ts'
import type { Clock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import { listenOnLoopback } from '../platform/loopback-server.ts'
import { isPeerOf, type Peer } from '../platform/peer-owner.ts'
import type { Random } from '../platform/random.ts'
import { consoleUrl } from './console-sign-in.ts'
import { liveLease } from './live-lease.ts'
import { deliveredRegion, serveCredential, type ServingDeps } from './served-credential.ts'

export type ConsoleDeps = {
  readonly serving: ServingDeps
  readonly http: Http
  readonly random: Random
  readonly clock: Clock
  readonly platform: NodeJS.Platform
  readonly signal: AbortSignal
  /** Who we are; absent on Windows. */
  readonly uid?: number
  /** How a browser is started; the system's own way where absent. */
  readonly launch?: Launch
}

/** A browser on a slow machine takes its time. */
const BROWSER_WAIT_MS = 60_000

/** Where people look at these clouds with an account of their own. */
const WITHOUT_SIGN_IN: Readonly<Record<Exclude<Cloud, 'aws'>, string>> = {
  gcp: 'https://console.cloud.google.com/',
  azure: 'https://portal.azure.com/',
  kubernetes: '',
}

/** The sign-in URL for the AWS console of a live grant. Throws `USAGE` where its clouds have no such thing. */
export async function signInUrl(target: string, { serving, http, signal }: ConsoleDeps): Promise<string> {
  const lease = liveLease(target, serving)
  const entry = lease.entries.find(({ cloud }) => cloud === 'aws')
  if (entry === undefined)
    throw noConsole(
      target,
      lease.entries.map(({ cloud }) => cloud),
    )
  const credential = await serveCredential(target, serving)
  const region = deliveredRegion(lease, serving)
  const signIn = { credential, role: entry.role, issuer: lease.endpoint, ...(region === undefined ? {} : { region }) }
  return consoleUrl(http, signIn, signal)
}

function noConsole(target: string, clouds: readonly Cloud[]): JitError {
  const link = clouds.map((cloud) => (cloud === 'aws' ? '' : WITHOUT_SIGN_IN[cloud])).find((each) => each !== '')
  const own = link === undefined ? '' : `With an account of your own: ${link}. `
  return new JitError(
    'USAGE',
    `The credentials of ${target} cannot sign in to a web console: only AWS takes temporary credentials there.`,
    `${own}With the grant: jit exec ${target} -- CMD`,
  )
}

/**
 * Shows `url` in the browser without handing it to a program as an argument, which all users of the machine can read: the
 * browser is sent to an address of loopback that works once, for programs of this user, and sends it on. False where no browser
 * came.
 */
export async function showPrivately(url: string, deps: ConsoleDeps): Promise<boolean> {
  const { random, clock, platform, launch, uid } = deps
  const nonce = random.bytes(32).toString('base64url')
  const over = new AbortController()
  const ends = AbortSignal.any([deps.signal, over.signal])
  const admits = (peer: Peer): boolean => uid === undefined || isPeerOf(peer, uid)
  const server = await listenOnLoopback((query) => query.get('open') === nonce, ends, { url, admits })
  try {
    if (!(await openBrowser(`${server.redirectUri}?open=${nonce}`, platform, launch))) return false
    const came = server.answer.then(
      () => true,
      () => false,
    )
    return await Promise.race([came, clock.sleep(BROWSER_WAIT_MS, ends).then(() => false)])
  } finally {
    over.abort()
    server.close()
  }
}
