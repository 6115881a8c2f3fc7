import { hasSecretService, startSecretService } from '../support/secret-service.ts'
import { startWorld } from '../support/world.ts'
import { type Candidate, compare, print } from './startup.ts'

/** A figure that was not reached. `promised`: this version says that it is. `exact`: no noise of the machine explains it. */
export type Missed = { readonly sentence: string; readonly promised: boolean; readonly exact?: true }

/** P2–P4: whole processes against `node -e 0`, interleaved. */
export async function measureStartup(rounds: number): Promise<readonly Missed[]> {
  const [world, keychain] = await Promise.all([startWorld(), hasSecretService ? startSecretService() : undefined])
  try {
    const bus = keychain?.env['DBUS_SESSION_BUS_ADDRESS']
    const alice = world.person(
      'alice',
      bus === undefined ? {} : { JIT_KEY_STORE: 'auto', DBUS_SESSION_BUS_ADDRESS: bus },
    )
    await must(alice.logIn())
    await must(alice.jit('elevate', 'staging-db', '--for', '1h', '--reason', 'bench'))
    const bin = new URL('../../bin/jit.js', import.meta.url).pathname
    const jit = (name: string, limit: number, ...args: string[]): Candidate => ({
      name,
      limit,
      argv: [process.execPath, bin, ...args],
      env: alice.env,
    })
    const store = bus === undefined ? 'passphrase file, slow by design: no gnome-keyring here' : 'gnome-keyring'
    console.log(`key store of these homes: ${store}`)
    console.log(`whole processes, ${rounds} interleaved rounds, medians, ratio to node -e 0 (${process.version})`)
    const timings = await compare(
      { name: 'node -e 0', argv: [process.execPath, '-e', '0'], env: alice.env },
      [
        jit('P2 jit credential-process staging-db', 1.4, 'credential-process', 'staging-db'),
        jit('P3 jit status', 1.8, 'status'),
        jit('P3 jit --help', 2, '--help'),
        jit(
          'P4 jit elevate staging-db (auto-approved)',
          8,
          'elevate',
          'staging-db',
          '--for',
          '1h',
          '--reason',
          'bench',
        ),
      ],
      rounds,
    )
    print(timings)
    await must(alice.jit('revoke', '--all'))
    return timings
      .filter(({ ratio, limit }) => limit !== undefined && ratio > limit)
      .map(({ name, ratio, limit }) => ({
        sentence: `${name}: x${ratio.toFixed(2)}, reach x${limit}`,
        promised: !name.startsWith('P4'),
      }))
  } finally {
    await Promise.all([world.close(), keychain?.close()])
  }
}

async function must(running: Promise<{ code: number | null; stderr: string }>): Promise<void> {
  const { code, stderr } = await running
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`)
}
