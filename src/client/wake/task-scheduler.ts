import { join } from 'node:path'
import { JitError } from '../../base/errors.ts'
import { createFile, makeDirectories, removeFile } from '../../platform/durable.ts'
import { shortHash } from '../../platform/machine.ts'
import type { Program } from '../../platform/processes.ts'
import { ask, tell } from './manager.ts'
import { MARK, putOwn, readOwn, removeOwn } from './own-file.ts'
import { taskXml } from './task-xml.ts'
import type { WakeDeps, WakeLayer } from './types.ts'

/** A task of this user in the Task Scheduler of Windows. */
export function taskScheduler(deps: WakeDeps): WakeLayer {
  const { fs, root } = deps
  const name = `\\jit\\sweep-${shortHash(root)}`
  const files = { task: join(root, 'sweep-task.xml'), env: join(root, 'sweep.env') }
  const schtasks = (...args: readonly string[]) => ask(deps, 'schtasks', ...args)
  const registered = async (): Promise<string | undefined> => {
    const { code, stdout } = await schtasks('/Query', '/TN', name, '/XML')
    return code === 0 ? stdout.replaceAll('\0', '') : undefined
  }
  /** Throws where a task of this name is not ours. */
  const registeredOwn = async (): Promise<string | undefined> => {
    const task = await registered()
    if (task === undefined || task.includes(MARK)) return task
    throw new JitError(
      'FILE_REFUSED',
      `jit leaves the task ${name} alone: it is not of jit.`,
      'Rename it, then type: jit doctor --fix',
    )
  }
  return {
    name: 'scheduled task',
    describe: () => `${name} sweeps every minute while you are logged in, on battery too`,
    isAvailable: () => deps.isOnPath('schtasks'),
    install: async (program) => {
      const before = await registeredOwn()
      const sid = await ownSid(deps)
      putOwn(fs, files.env, envFile(program))
      makeDirectories(fs, root)
      // schtasks takes UTF-16 with a byte order mark, whatever the code page is
      createFile(fs, files.task, Buffer.from(`\ufeff${taskXml(sid, withEnvFile(program, files.env))}`, 'utf16le'))
      try {
        await tell(deps, 'schtasks', '/Create', '/TN', name, '/XML', files.task, '/F')
      } catch (error) {
        if (before === undefined) removeOwn(fs, files.env)
        throw error
      } finally {
        removeFile(fs, files.task)
      }
    },
    isInstalled: async (program) => {
      const task = await registeredOwn()
      if (task === undefined || readOwn(fs, files.env) !== envFile(program)) return false
      const wanted = /<Arguments>.*<\/Arguments>/.exec(taskXml('', withEnvFile(program, files.env)))?.[0] ?? ''
      return unescaped(task).includes(unescaped(wanted)) && !/<Enabled>false<\/Enabled>/.test(task)
    },
    isThere: async () => (await registeredOwn()) !== undefined,
    remove: async () => {
      removeOwn(fs, files.env)
      if ((await registeredOwn()) === undefined) return false
      await tell(deps, 'schtasks', '/Delete', '/TN', name, '/F')
      return true
    },
  }
}

/** Which quotation marks are escaped is the scheduler's own choice when it gives a task back. */
const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&apos;', "'")

/** A task has no environment of its own, so Node reads it from a file. */
const withEnvFile = ({ file, args }: Program, envFile: string): Pick<Program, 'file' | 'args'> => ({
  file,
  args: [`--env-file=${envFile}`, ...args],
})

/** Backslashes stay as they are between these quotation marks (`node --env-file`). */
function envFile({ env }: Program): string {
  const lines = Object.entries(env).map(([name, value]) => {
    const mark = ["'", '`'].find((each) => !value.includes(each))
    if (mark === undefined || value.includes('\n'))
      throw new JitError('CONFIG', `${name} cannot be given to a scheduled task.`, 'Choose a simpler path.')
    return `${name}=${mark}${value}${mark}\n`
  })
  return `# ${MARK}\n${lines.join('')}`
}

async function ownSid(deps: WakeDeps): Promise<string> {
  const said = await tell(deps, 'whoami', '/user', '/fo', 'csv', '/nh')
  const sid = /S-1-[\d-]+/.exec(said)?.[0]
  if (sid === undefined) throw new JitError('WRITE_FAILED', 'whoami did not say who you are.', 'Type: whoami /user')
  return sid
}
