import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellInit } from '../../src/cli/shell/init/script.ts'
import { createLeasing } from '../../src/client/leasing.ts'
import { LeaseStore } from '../../src/client/leases/store.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { machineId } from '../../src/platform/machine.ts'
import { lease } from './fake-leasing.ts'
import { leasingDeps } from './leasing-deps.ts'
import { type PromptedShell, type ShellAtTerminal, shellAtTerminal } from './shell-terminal.ts'
import { TempHome } from './temp-home.ts'
import { removeWorkplace } from './workplace.ts'

/** Somebody's machine: a real lease store, and shells at terminals. What has to be closed goes to `open`. */
export function promptMachine(open: (() => Promise<void> | void)[]) {
  const home = new TempHome()
  open.push(() => removeWorkplace(home.root))
  const stateDir = join(home.home, '.local/state/jit')
  const deps = leasingDeps({ home: home.home, stateDir, clock: systemClock, machine: machineId() })
  const store = new LeaseStore(nodeFileSystem, systemClock, deps.root)
  store.prepare()
  const grant = (target: string, seconds: number, more = {}): void => {
    const now = Date.now()
    store.put(
      lease(target, {
        writtenAt: now,
        endsAt: now + seconds * 1000 + 500, // half a second for the way to the screen
        writtenAtBootSeconds: Math.floor(systemClock.bootSeconds()),
        bootId: systemClock.bootId() ?? '',
        places: [],
        ...more,
      }),
    )
  }
  const hint = join(deps.root, 'prompt')
  const started = join(home.root, 'started')
  return {
    home,
    store,
    grant,
    hint,
    leasing: createLeasing(deps),
    /** What `jit shell-init` prints, with something to count in place of `jit sweep`. */
    script: (shell: PromptedShell): string => {
      const sweep = ['/bin/sh', '-c', `echo "$JIT_STATE_DIR" >> ${started}`]
      const places = { hint, asked: join(deps.root, 'sweep-asked'), sweep, env: { JIT_STATE_DIR: 'it s' } }
      const file = join(home.root, `init.${shell}`)
      writeFileSync(file, shellInit(shell, places))
      return file
    },
    sweeps: () => (existsSync(started) ? readFileSync(started, 'utf8') : ''),
    shell: async (shell: PromptedShell, env = {}, more = {}): Promise<ShellAtTerminal> => {
      const session = await shellAtTerminal(shell, {
        env: { PATH: process.env['PATH'] ?? '', HOME: home.home, ...env },
        ...more,
      })
      open.push(() => session.close())
      return session
    },
  }
}
