import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { STALE_CHANNEL_SECONDS } from '../../../src/contract/channel.ts'
import { list, object, string } from '../../../src/contract/narrow.ts'
import { channelMachine } from '../../support/channel-machine.ts'

const readCall = object({ grants: list(string) })

describe('leases of two logins in one state directory', () => {
  /** To this endpoint all grants are over but those that it names, as it answers for what is another's. */
  const knowingOnly =
    (grants: readonly string[]) =>
    async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const named = readCall(JSON.parse(body), 'call').grants
      const ended = named.filter((id) => !grants.includes(id)).map((grant) => ({ grant, reason: 'revoked' }))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ended }))
    }

  test('nobody but its own login asks about one, and hears for it', async () => {
    let holder = 'alice'
    await using at = await channelMachine(knowingOnly(['g_alice', 'g_old']), { holder: () => holder })
    await at.write('g_alice', { holder: 'alice', channel: 'strict' })
    await at.write('g_bob', { holder: 'bob' })
    await at.write('g_bobs-strict', { holder: 'bob', channel: 'strict' })
    await at.write('g_old') // as older versions wrote it
    at.tick()
    await at.pass(STALE_CHANNEL_SECONDS + 1)
    expect(at.held().toSorted()).toEqual(['g_alice', 'g_bob', 'g_bobs-strict', 'g_old'])
    expect(at.notes.list()).toEqual([])
    await at.leasing.sweep()
    expect(at.held().toSorted()).toEqual(['g_alice', 'g_bob', 'g_old'])
  })

  test.each([
    ['another login', { holder: 'bob' }],
    ['a login at another endpoint', { loginAt: 'https://other.example' }],
  ])('an answer that came to %s than was asked with ends nothing', async (_what, other) => {
    let now: { holder?: string; loginAt?: string } = {}
    await using at = await channelMachine(
      async (request, response) => {
        now = other // a renewal over this call found it
        await knowingOnly([])(request, response)
      },
      { holder: () => now.holder ?? 'alice', loginAt: () => now.loginAt },
    )
    await at.write('g_alice', { holder: 'alice' })
    at.tick()
    await at.pass(30)
    expect(at.calls()).toBeGreaterThan(0)
    expect([at.held(), at.notes.list()]).toEqual([['g_alice'], []])
  })

  test('where all are of another login nobody is asked about them, and what is strict goes for want of an answer', async () => {
    await using at = await channelMachine(knowingOnly([]))
    await at.write('g_1', { holder: 'bob' })
    await at.write('g_2', { holder: 'bob', channel: 'strict' })
    at.tick()
    await at.pass(60)
    expect([at.calls(), at.held()]).toEqual([0, ['g_1', 'g_2']])
    await at.leasing.sweep()
    expect(at.held()).toEqual(['g_1'])
  })
})
