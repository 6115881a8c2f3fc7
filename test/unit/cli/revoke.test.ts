import { describe, expect, test } from 'vitest'
import { type RevokeOptions, revokeCommand, runRevoke } from '../../../src/cli/commands/revoke.ts'
import type { Leasing } from '../../../src/client/leasing.ts'
import { NOW } from '../../support/fake-approval.ts'
import { type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

async function parse(argv: readonly string[], given: Fake = {}): Promise<RevokeOptions | undefined> {
  let got: RevokeOptions | undefined
  const command = revokeCommand(fakeContext(given).ctx, async (_ctx, options) => void (got = options))
  await command.parseAsync(argv, { from: 'user' })
  return got
}

describe('jit revoke: argv', () => {
  test.each<[string[], RevokeOptions]>([
    [['prod-db'], { which: { name: 'prod-db' }, json: false }],
    [['--all', '--json'], { which: 'all', json: true }],
    [[], { which: 'ask', json: false }],
  ])('%j', async (argv, wanted) => {
    expect(await parse(argv)).toEqual(wanted) // the whole value: an option nobody wired fails here
  })

  test('refuses a name and --all', async () => {
    await expect(parse(['prod-db', '--all'])).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('takes flags from the environment, where 0 says no', async () => {
    expect(await parse(['prod-db'], { env: { JIT_JSON: '1' } })).toEqual({ which: { name: 'prod-db' }, json: true })
    expect(await parse(['prod-db'], { env: { JIT_JSON: '0' } })).toEqual({ which: { name: 'prod-db' }, json: false })
  })
})

describe('jit revoke', () => {
  const one = { which: { name: 'prod-db' }, json: false } as const
  const all = { which: 'all', json: true } as const

  test('ends only the named grant: queued, gone from this machine, then told', async () => {
    const { ctx, calls, leasing, note } = fakeContext({ leases: [lease('prod-db'), lease('other')] })
    await runRevoke(ctx, one)
    expect(calls).toEqual(['queue grant_prod-db', 'wipe prod-db', 'end grant_prod-db'])
    expect(note.at(-1)).toMatch(/^A copy of the keys, if someone made one, works until \d\d:\d\d \(aws\)\.$/)
    expect(leasing.queued()).toEqual([])
  })

  test('an end that the reaper has told while the credentials still went is confirmed', async () => {
    const { ctx, calls, leasing } = fakeContext({ leases: [lease('prod-db')] })
    const wipe: Leasing['wipe'] = (...args) => {
      for (const message of leasing.queued()) leasing.outbox.remove(message)
      return leasing.wipe(...args)
    }
    const revocation = async () => ({ ...(await ctx.revocation()), leasing: { ...leasing, wipe } })
    await runRevoke({ ...ctx, revocation }, one)
    expect(calls).toEqual(['queue grant_prod-db', 'wipe prod-db'])
  })

  test('with the endpoint offline leaves nothing behind, keeps the message, and says what still works until when', async () => {
    const { ctx, calls, out, leasing } = fakeContext({ leases: [lease('prod-db')], online: false })
    await expect(runRevoke(ctx, all)).rejects.toMatchObject({
      code: 'REVOKE_UNCONFIRMED',
      message: expect.stringContaining('someone made one, works until'),
      hint: expect.stringContaining('jit sweep'),
    })
    expect(calls.slice(0, 2)).toEqual(['queue grant_prod-db', 'wipe prod-db'])
    expect(leasing.queued().map((each) => each.grant)).toEqual(['grant_prod-db'])
    expect(JSON.parse(out.join(''))).toEqual([
      {
        grant: 'grant_prod-db',
        target: 'prod-db',
        wiped: true,
        confirmed: false,
        queued: true,
        entries: [{ cloud: 'aws', profile: 'jit-prod-db', cloudTakesItUntil: new Date(NOW + 3_000_000).toISOString() }],
      },
    ])
  })

  test('not logged in still wipes', async () => {
    const { ctx, calls } = fakeContext({ leases: [lease('prod-db')], loggedIn: false })
    await expect(runRevoke(ctx, one)).rejects.toMatchObject({
      code: 'REVOKE_UNCONFIRMED',
      hint: 'The message is queued and goes out once you are logged in. Type: jit login',
    })
    expect(calls).toContain('wipe prod-db')
  })

  test('what another login was given goes from here; its end waits for that login, and nobody says it was told', async () => {
    const { ctx, calls, leasing } = fakeContext({ leases: [lease('prod-db', { holder: 'carol' })] })
    await expect(runRevoke(ctx, one)).rejects.toMatchObject({
      code: 'REVOKE_UNCONFIRMED',
      hint: expect.stringMatching(/once you are logged in\. Type, as whoever asked for it: jit login https:/),
    })
    expect(calls).toEqual(['queue grant_prod-db', 'wipe prod-db'])
    expect(leasing.queued()).toMatchObject([{ grant: 'grant_prod-db', holder: 'carol' }])
  })

  test('a full disk does not keep credentials alive, and the hint does not promise a queue', async () => {
    const { ctx, calls } = fakeContext({ leases: [lease('prod-db')], diskFull: true, online: false })
    await expect(runRevoke(ctx, one)).rejects.toMatchObject({ hint: expect.stringContaining('could not be queued') })
    expect(calls).toContain('wipe prod-db')
  })

  test('a file that refuses does not save the other grants, nor pass for success', async () => {
    const { ctx, note, calls } = fakeContext({ leases: [lease('stuck'), lease('prod-db')], stuck: ['stuck'] })
    await expect(runRevoke(ctx, all)).rejects.toMatchObject({
      code: 'WIPE_FAILED',
      message: 'Still on this machine: stuck (EACCES).',
    })
    expect(calls.filter((call) => call.startsWith('wipe'))).toEqual(['wipe stuck', 'wipe prod-db'])
    expect(note).toEqual(['Ended prod-db: its credentials are gone from this machine.'])
  })

  test('a grant whose record is torn goes too, and the endpoint of the login is told', async () => {
    const { ctx, out, leasing } = fakeContext({ leases: [lease('prod-db')], torn: ['g_torn'] })
    await runRevoke(ctx, all)
    expect(leasing.unreadable()).toEqual([])
    expect(JSON.parse(out.join(''))).toMatchObject([
      { grant: 'grant_prod-db', confirmed: true },
      { grant: 'g_torn', target: 'g_torn', wiped: true, confirmed: true },
    ])
  })

  test('a grant whose record is torn can be named; offline nobody knows when it ends', async () => {
    const { ctx, leasing } = fakeContext({ torn: ['g_torn'], loggedIn: false })
    await expect(runRevoke(ctx, { which: { name: 'g_torn' }, json: false })).rejects.toMatchObject({
      code: 'REVOKE_UNCONFIRMED',
      message: expect.stringContaining('works in the cloud until its end.'),
    })
    expect(leasing.unreadable()).toEqual([])
  })

  test('an unknown name suggests the nearest', async () => {
    const { ctx } = fakeContext({ leases: [lease('prod-db')] })
    await expect(runRevoke(ctx, { which: { name: 'prod-bd' }, json: false })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean prod-db? See: jit status',
    })
  })

  test('nothing to end with --all is no error', async () => {
    const { ctx, out } = fakeContext()
    await runRevoke(ctx, all)
    expect(out).toEqual(['[]'])
  })
})
