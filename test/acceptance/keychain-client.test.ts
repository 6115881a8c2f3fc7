import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PersonHome } from '../support/person.ts'
import { hasSecretService, type SecretService, startSecretService } from '../support/secret-service.ts'
import { startWorld, type World } from '../support/world.ts'

const HAS_STRACE = spawnSync('strace', ['-V']).status === 0

describe.skipIf(!HAS_STRACE || !hasSecretService)(
  'the keychain’s client, which starts before jit has read its command',
  () => {
    let world: World
    let keychain: SecretService
    let alice: PersonHome

    beforeAll(async () => {
      ;[world, keychain] = await Promise.all([startWorld(), startSecretService()])
      const bus = keychain.env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
      alice = world.person('alice', { JIT_KEY_STORE: 'auto', DBUS_SESSION_BUS_ADDRESS: bus })
      const { code, stderr } = await alice.logIn()
      if (code !== 0) throw new Error(stderr)
    })
    afterAll(async () => {
      await Promise.all([world.close(), keychain.close()])
    })

    /** How many were started, and how often any of them spoke to the keychain. */
    async function clientsOf(...argv: readonly string[]) {
      const trace = join(alice.home, 'trace')
      const strace = ['-f', '-qq', '-s', '4096', '-e', 'trace=execve,connect', '-o', trace]
      const { code } = await alice.run('strace', ...strace, process.execPath, 'bin/jit.js', ...argv)
      const lines = readFileSync(trace, 'utf8').split('\n')
      const started = lines.filter((line) => line.includes('execve(') && line.includes('@napi-rs/keyring')).length
      const sockets = lines.filter((line) => line.includes('connect(') && line.includes('AF_UNIX'))
      // The C library asks its cache of accounts where the home is.
      return { code, started, asked: sockets.some((line) => !line.includes('/nscd/')) }
    }

    test('is one for a command that goes online, and asked', async () => {
      expect(await clientsOf('targets')).toEqual({ code: 0, started: 1, asked: true })
    })

    test('is not asked where the command line turns out wrong', async () => {
      expect(await clientsOf('elevate', '--for', 'soon')).toEqual({ code: 2, started: 1, asked: false })
    })

    test.each([[['status']], [['elevate', '--help']], [['revoke', '--all']]])('is not started for %j', async (argv) => {
      expect(await clientsOf(...argv)).toEqual({ code: 0, started: 0, asked: false })
    })

    test('is not started after logout', async () => {
      await alice.jit('logout')
      expect(await clientsOf('targets')).toEqual({ code: 4, started: 0, asked: false })
    })
  },
)
