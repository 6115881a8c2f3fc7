import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLeasing } from '../../src/client/leasing.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { machineId } from '../../src/platform/machine.ts'
import { awsDelivery, newLease, SECRETS } from '../support/aws-lease.ts'
import { launch } from '../support/launch.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { TempHome } from '../support/temp-home.ts'
import { removeWorkplace } from '../support/workplace.ts'

/** Somebody's machine with a `notify-send` of this kind on PATH, and a lease of so many seconds. */
async function machine(notifySend: string, seconds: number) {
  const home = new TempHome()
  onTestFinished(() => removeWorkplace(home.root))
  const [bin, config, said] = ['bin', 'config', 'said'].map((name) => join(home.root, name))
  for (const directory of [bin, config]) mkdirSync(directory ?? '', { mode: 0o700 })
  const notifier = join(bin ?? '', 'notify-send')
  writeFileSync(notifier, `#!/bin/sh\n${notifySend.replaceAll('SAID', said ?? '')}\n`)
  chmodSync(notifier, 0o755)
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOME: home.home,
    JIT_STATE_DIR: home.stateDir,
    JIT_CONFIG_DIR: config ?? '',
    JIT_RUNTIME_DIR: join(home.root, 'run'),
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
  }
  const leasing = createLeasing(
    leasingDeps({ home: home.home, stateDir: home.stateDir, clock: systemClock, machine: machineId() }),
  )
  await leasing.write(newLease(systemClock, 'g_1', 'prod-db', seconds * 1000), awsDelivery('jit-prod-db'))
  expect(home.filesHolding(...SECRETS)).toEqual([home.credentials])
  return {
    home,
    settings: (text: string) => writeFileSync(join(config ?? '', 'config.json'), text),
    jit: (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      launch(process.execPath, [resolve('bin/jit.js'), ...args], { ...env, ...more }).done,
    said: () => (existsSync(said ?? '') ? readFileSync(said ?? '', 'utf8') : ''),
  }
}

const TELLING = 'for each; do printf "<%s>" "$each"; done >> SAID; env >> SAID'

test('before the end of a grant the notifier of the system says its name and the time, once, and learns no secret', async () => {
  const at = await machine(TELLING, 12)
  expect(await at.jit(['reap'], { JIT_NOTICE: '10s' })).toMatchObject({ code: 0, stderr: '' })
  expect(at.said()).toMatch(
    /^<--app-name=jit><--icon=dialog-password><--><prod-db ends in (?:10|[1-9])s><jit removes its credentials then\.>/,
  )
  expect(at.said().match(/ends in/g)).toHaveLength(1)
  expect(at.said()).toContain('DBUS_SESSION_BUS_ADDRESS=')
  for (const secret of SECRETS) expect(at.said()).not.toContain(secret)
  expect(at.home.filesHolding(...SECRETS)).toEqual([])
})

test('a notifier that hangs holds up no wipe, and the reaper ends with the lease', async () => {
  const at = await machine('echo hangs > SAID; exec sleep 1000', 9)
  at.settings('{"notice": "8s"}')
  const began = performance.now()
  expect(await at.jit(['reap'])).toMatchObject({ code: 0 })
  expect(performance.now() - began).toBeLessThan(60_000)
  expect(at.said()).toBe('hangs\n')
  expect(at.home.filesHolding(...SECRETS)).toEqual([])
})

test('nobody is told who has not asked for it, or asked in words that say nothing; jit doctor says which', async () => {
  const at = await machine(TELLING, 4)
  at.settings('{"notice": "soon"}')
  const doctor = async (more: Readonly<Record<string, string>> = {}) => (await at.jit(['doctor'], more)).stdout
  expect(await doctor()).toMatch(/^problem {2}notice: "notice" in \S+config\.json: "soon" is no duration/m)
  expect(await at.jit(['reap'])).toMatchObject({ code: 0, stderr: '' })
  expect([at.said(), at.home.filesHolding(...SECRETS)]).toEqual(['', []])
  expect(await doctor({ JIT_NOTICE: 'off' })).toMatch(/^ok {7}notice: Off\./m)
  expect(await doctor({ JIT_NOTICE: '10m' })).toMatch(/^ok {7}notice: notify-send says it 10m before/m)
  expect(await doctor({ JIT_NOTICE: '10m', PATH: '/nonexistent' })).toMatch(
    /^note {5}notice: .*notify-send is not on PATH\.\n.*libnotify/m,
  )
})
