import { JitError } from '../../base/errors.ts'
import type { Environment } from '../../base/environment.ts'
import type { Ran } from '../../platform/processes.ts'
import { MANAGER_LIMIT_MS, type WakeDeps } from './types.ts'

/** All that a service manager's own command needs to know of us. */
const NEEDED = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'SYSTEMROOT', 'USERPROFILE'] as const

/** Asks the service manager; it may say no. A command that cannot be started says no too. */
export async function ask({ run, env }: Pick<WakeDeps, 'run' | 'env'>, ...command: readonly string[]): Promise<Ran> {
  const [file = '', ...args] = command
  try {
    return await run({ file, args, env: neededOf(env) }, MANAGER_LIMIT_MS)
  } catch (error) {
    if (error instanceof JitError) return { stdout: '', stderr: error.message }
    throw error
  }
}

/** The same where it must not say no: rejects with `WRITE_FAILED` and its words. */
export async function tell(deps: Pick<WakeDeps, 'run' | 'env'>, ...command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ask(deps, ...command)
  if (code === 0) return stdout
  const said = firstLine(stderr) || firstLine(stdout) || 'it gave no answer in time'
  throw new JitError(
    'WRITE_FAILED',
    `${command.slice(0, 3).join(' ')} failed: ${said}.`,
    'Credentials are removed by the background process and at every start of jit all the same.',
  )
}

const firstLine = (text: string): string =>
  text.replaceAll('\0', '').trim().split('\n')[0]?.trim().replace(/\.$/, '') ?? ''

const neededOf = (env: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    NEEDED.flatMap((name): readonly (readonly [string, string])[] => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
