/**
 * `npm run demo:shells [-- bash zsh fish]`: somebody at each installed shell, in a pseudo-terminal, with the built jit in a company
 * on loopback. Prints what the screen said at each step, and fails where it does not say what it should.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { reasonOf } from '../../src/base/errors.ts'
import { hasSecretService, startSecretService } from '../support/secret-service.ts'
import { PROMPTED_SHELLS } from '../support/shell-terminal.ts'
import { startWorld } from '../support/world.ts'
import { type Seen, sitAt } from './sitting.ts'

const asked = process.argv.slice(2)
const chosen = PROMPTED_SHELLS.filter((shell) => asked.length === 0 || asked.includes(shell))
const isInstalled = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0
for (const shell of chosen)
  if (!isInstalled(shell)) console.log(`(${shell} is not installed here: its part is left out.)`)

const [world, keychain] = await Promise.all([startWorld(), hasSecretService ? startSecretService() : undefined])
try {
  const bus = keychain?.env['DBUS_SESSION_BUS_ADDRESS']
  const store = bus === undefined ? {} : { JIT_KEY_STORE: 'auto', DBUS_SESSION_BUS_ADDRESS: bus }
  const alice = world.person('alice', store)
  const bob = world.person('bob', store)
  for (const { code, stderr } of [await alice.logIn(), await bob.logIn(), await alice.jit('targets')])
    if (code !== 0) throw new Error(stderr)
  const programs = path.join(world.directory, 'bin')
  mkdirSync(programs)
  symlinkSync(path.resolve('bin/jit.js'), path.join(programs, 'jit'))
  const onPath = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, FORCE_COLOR: '1' }

  const sittings = chosen.filter(isInstalled).map(async (shell) => {
    const seen: Seen[] = []
    const machine = world.machine(alice, shell, { ...store, ...onPath })
    const approve = async (id: string): Promise<void> => {
      const { code, stderr } = await bob.jit('approve', id)
      if (code !== 0) throw new Error(stderr)
    }
    const failure = await sitAt(shell, machine, approve, (step) => void seen.push(step)).catch(
      (error: unknown) => error,
    )
    return { shell, seen, failure }
  })
  for (const { shell, seen, failure } of await Promise.all(sittings)) {
    console.log(`\n${shell}`)
    for (const { step, saw } of seen) console.log(`  ${step.padEnd(34)} ${saw}`)
    if (failure === undefined) continue
    console.error(`${shell}: ${reasonOf(failure)}`)
    process.exitCode = 1
  }
} finally {
  await Promise.all([world.close(), keychain?.close()])
}
