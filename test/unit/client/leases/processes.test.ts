import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/platform/clock.ts'
import { leasingIn, SECRETS } from '../../../support/aws-lease.ts'
import { startJob } from '../../../support/run-process.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\naws_access_key_id = A\naws_secret_access_key = B\n'
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const job = (home: TempHome) => ({ home: home.home, stateDir: home.stateDir, id: 'g_1', target: 'prod-db' })

describe('kill -9', () => {
  test.each([
    ['before the journal is there', { call: 'rename', number: 1 }],
    ['before the second link', { call: 'link', number: 1 }],
    ['between journal and rename, the secret in a temp file', { call: 'rename', number: 3 }],
    ['before the journal says active', { call: 'rename', number: 4 }],
  ] as const)(
    '%s: the next sweep leaves no secret and every byte of the user',
    { timeout: 30_000 },
    async (_when, pauseBefore) => {
      using home = new TempHome()
      home.put(ORIGINAL, 0o644)
      const writer = startJob({ ...job(home), do: 'write', pauseBefore })
      expect(await writer.line()).toBe('paused')
      await writer.kill()
      expect(await startJob({ ...job(home), do: 'sweep' }).end()).toEqual(['done'])
      expect([home.filesHolding(...SECRETS), home.text(), home.mode()]).toEqual([[], ORIGINAL, 0o644])
      expect(home.names()).toEqual(['.aws', '.aws/credentials'])
    },
  )

  test('of the holder frees the lock at once', { timeout: 30_000 }, async () => {
    using home = new TempHome()
    home.put(ORIGINAL)
    const holder = startJob({ ...job(home), do: 'write', pauseBefore: { call: 'link', number: 1 } })
    expect(await holder.line()).toBe('paused')
    const other = startJob({ ...job(home), do: 'write', id: 'g_2', target: 'two' })
    await holder.kill()
    expect(await other.end()).toEqual(['done'])
    expect(home.text()).toContain('[jit-two]')
  })
})

test('the reaper ends a lease on time and then itself', { timeout: 30_000 }, async () => {
  using home = new TempHome()
  home.put(ORIGINAL)
  await startJob({ ...job(home), do: 'write', ttlMs: 5000 }).end()
  const ends = leasingIn(home, systemClock).list()[0]?.endsAt ?? 0
  const reaper = startJob({ ...job(home), do: 'reap' })
  const second = startJob({ ...job(home), do: 'reap' })
  expect(home.text()).toContain('[jit-prod-db]')
  expect(await reaper.end()).toEqual(['done'])
  await second.end()
  expect(home.text()).toBe(ORIGINAL)
  expect(Date.now() - ends).toBeGreaterThan(-50)
  expect(Date.now() - ends).toBeLessThan(15_000) // how late it is at most is measured by the fault programme, on a machine that does nothing else
})

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0
describe.skipIf(!canMount)('on a full disk', () => {
  test.each([
    ['our block last', ''],
    ['text of the user behind it', '[later]\\nk = v\\n'],
  ])('the wipe leaves no secret: %s', { timeout: 30_000 }, (_where, behind) => {
    using home = new TempHome()
    const disk = join(home.root, 'disk')
    mkdirSync(disk)
    const env = { AWS_SHARED_CREDENTIALS_FILE: join(disk, 'credentials') }
    const run = (what: 'write' | 'wipe') =>
      `'${process.execPath}' '${join(import.meta.dirname, '../../../support/lease-process.ts')}' '${JSON.stringify({ ...job(home), env, do: what })}'`
    const script = [
      `set -e`,
      `mount -t tmpfs -o size=16k tmpfs '${disk}'`,
      `printf '[default]\\nk = v' > '${disk}/credentials'`,
      run('write'),
      `printf '${behind}' >> '${disk}/credentials'`,
      `dd if=/dev/zero of='${disk}/fill' bs=1k 2>/dev/null || true`,
      `grep -c '${SECRETS[1]}' '${disk}/credentials'`,
      run('wipe'),
      `grep -rc '${SECRETS[1]}' '${disk}' || true`,
      `cat '${disk}/credentials'`,
      `rm '${disk}/fill'`,
      run('wipe'),
      `echo; echo ---; cat '${disk}/credentials'`,
    ].join('\n')
    const said = spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' })
    expect(said.stderr).toBe('')
    const [during = '', after = ''] = said.stdout.split('\n---\n')
    for (const secret of SECRETS) expect(during).not.toContain(secret)
    expect(during.split('\n')[1]).toBe('1')
    expect(during).toMatch(/credentials:0/)
    expect(after).toBe(behind === '' ? '[default]\nk = v' : '[default]\nk = v\n[later]\nk = v\n')
  })
})

describe.skipIf(!has('aws'))('beside the real `aws configure set`', () => {
  const set = (home: TempHome, profile: string, key: string, value: string) =>
    execFileSync('aws', ['configure', 'set', `profile.${profile}.${key}`, value], {
      env: { ...process.env, AWS_SHARED_CREDENTIALS_FILE: home.credentials, AWS_CONFIG_FILE: home.credentials },
    })

  test('its new key for the section above our block outlives the wipe', { timeout: 60_000 }, async () => {
    using home = new TempHome()
    home.put('[profile work]\nregion = a\n')
    await startJob({ ...job(home), do: 'write' }).end()
    set(home, 'work', 'output', 'json')
    await startJob({ ...job(home), do: 'wipe' }).end()
    expect(home.text()).toBe('[profile work]\nregion = a\noutput = json\n')
  })

  test.skipIf(!has('strace'))(
    'writing slowly while two processes elevate and revoke, loses nothing and nothing stays',
    { timeout: 120_000 },
    async () => {
      using home = new TempHome()
      home.put(`${ORIGINAL}[profile work]\nregion = a\n`)
      const ours = ['a', 'b'].map((id) => startJob({ ...job(home), do: 'rounds', id, target: id, rounds: 12 }))
      const slow = ['-f', '-qq', '-o', '/dev/null', '-P', home.credentials, '-e', 'trace=write', '-e']
      for (const value of ['K1', 'K2', 'K3'])
        execFileSync(
          'strace',
          [...slow, 'inject=write:delay_enter=200000', 'aws', 'configure', 'set', 'profile.work.region', value],
          {
            env: { ...process.env, AWS_SHARED_CREDENTIALS_FILE: home.credentials, AWS_CONFIG_FILE: home.credentials },
          },
        )
      for (const process of ours) expect(await process.end()).toEqual(['done'])
      expect(home.text()).toBe(`${ORIGINAL}[profile work]\nregion = K3\n`)
      expect(home.filesHolding(...SECRETS)).toEqual([])
      expect(home.names()).toEqual(['.aws', '.aws/credentials'])
    },
  )
})
