import type { Environment } from '../base/environment.ts'
import { JOB_VARIABLES } from '../client/workload/marks.ts'
import type { Places } from '../platform/places.ts'
import type { Program } from '../platform/processes.ts'
import type { Host } from './host.ts'

/**
 * What a process in the background may know of its parent's environment: where things lie, how to reach the network. No secrets,
 * but for those with which a job gets its own ID token: without them a grant would be renewed no longer than one access token lives.
 */
const INHERITED = [
  ...JOB_VARIABLES,
  'PATH',
  'HOME',
  'USERPROFILE',
  'SYSTEMROOT',
  'APPDATA',
  'LOCALAPPDATA',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'CLOUDSDK_CONFIG',
  'AZURE_CONFIG_DIR',
  'KUBECONFIG',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'JIT_ENDPOINT_URL',
  'JIT_NOTICE',
  'JIT_KEY_STORE',
  'JIT_PASSPHRASE_FILE',
  'NODE_EXTRA_CA_CERTS',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'TZ',
]

/** What a sweep that the system starts must know. It is written down, so nothing that could hold a password or change from shell to shell. */
const WRITTEN_DOWN = ['JIT_KEY_STORE', 'JIT_PASSPHRASE_FILE'] as const

/**
 * For programs that wait for hours and compute for milliseconds: half the memory that a compiler takes, and no executable memory in
 * a process that meets keys; see also `platform/memory.ts`. No debugger at a signal either, not even while it starts (bin/jit.js). Options that Node documents, so that no later Node refuses to start for
 * them. nodejs.org/api/cli.html
 */
const WAITING = ['--jitless', '--expose-gc', '--disable-sigusr1'] as const

/** `jit COMMAND` as a program of its own; places are absolute, because it works in another directory. */
export function background(command: 'reap' | 'sweep', host: Host, places: Places): Program {
  const started = program(command, host, places, INHERITED)
  return command === 'reap' ? { ...started, args: [...WAITING, ...started.args] } : started
}

/** `jit sweep`, as a service manager starts it. */
export const scheduled = (host: Host, places: Places): Program => program('sweep', host, places, WRITTEN_DOWN)

function program(command: string, { process, script }: Host, places: Places, inherited: readonly string[]): Program {
  const env = {
    ...Object.fromEntries(inherited.flatMap((name) => entry(process.env, name))),
    JIT_CONFIG_DIR: places.config,
    JIT_STATE_DIR: places.state,
    JIT_RUNTIME_DIR: places.runtime,
  }
  return { file: process.execPath, args: [script, command], env }
}

function entry(env: Environment, name: string): readonly (readonly [string, string])[] {
  const value = env[name]
  return value === undefined ? [] : [[name, value]]
}
