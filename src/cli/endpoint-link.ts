import type { ChannelConnection } from '../client/channel.ts'
import type { Connection } from '../client/connection.ts'
import { loginFile } from '../client/identity/login-file.ts'
import { attempt } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'

/** The endpoint, for a process that has nobody to ask. What it takes is loaded at the first connection. */
export type EndpointLink = {
  /** With the login of now. Rejects where there is none, or where it cannot be opened without somebody. */
  readonly connect: () => Promise<ChannelConnection & Connection>
  /** Changes when somebody logs in or out, and when the login is renewed. Empty where there is none, or none that can be looked at. */
  readonly loginStamp: () => string
}

export function linkToEndpoint(
  { process: { env, platform } }: Host,
  installation: Installation,
  signal: AbortSignal,
): EndpointLink {
  return {
    connect: async () => {
      const [{ connectionOf }, { loggedIn }] = await Promise.all([import('./connection.ts'), import('./logged-in.ts')])
      const login = await loggedIn({ env, platform, installation, signal, isWaitedFor: false })
      const identity = await login.identity()
      const ready = async (): Promise<void> => void (await identity.accessToken({ renew: false }))
      return { ...(await connectionOf(login)), ready }
    },
    loginStamp: () => {
      let stamp = ''
      attempt(() => {
        const { ino, mtimeNs } = nodeFileSystem.stat(loginFile(installation.login().directory))
        stamp = `${ino} ${mtimeNs}`
      })
      return stamp
    },
  }
}
