import type { Environment } from '../../base/environment.ts'
import { JitError } from '../../base/errors.ts'
import type { Discovery } from '../../contract/discovery.ts'

export type Flow = 'browser' | 'device'

/** Whether a browser on this machine would be the person's own: not over SSH, in WSL, in CI, or without a display. */
export function isHeadless(env: Environment, platform: NodeJS.Platform): boolean {
  const set = (...names: string[]): boolean => names.some((name) => (env[name] ?? '') !== '')
  if (set('SSH_CONNECTION', 'SSH_TTY', 'CI', 'WSL_DISTRO_NAME', 'WSL_INTEROP', 'container')) return true
  return platform === 'linux' && !set('DISPLAY', 'WAYLAND_DISPLAY')
}

/** The flow to use and our client id for it. `auto` takes what the endpoint allows where the fitting one is off. */
export function chooseFlow(
  asked: 'auto' | Flow,
  { idp: { clients } }: Discovery,
  headless: boolean,
): { readonly flow: Flow; readonly clientId: string } {
  const fitting: readonly Flow[] = headless ? ['device', 'browser'] : ['browser', 'device']
  for (const flow of asked === 'auto' ? fitting : [asked]) {
    const clientId = clients[flow]
    if (clientId !== undefined) return { flow, clientId }
  }
  if (asked === 'auto')
    throw new JitError('ENDPOINT_INVALID', 'This endpoint offers no way to log in.', 'Tell the people who run it.')
  throw new JitError(
    'LOGIN_FAILED',
    `This endpoint does not allow the ${asked} login.`,
    `Type: jit login --${asked === 'device' ? 'browser' : 'device'}`,
  )
}
