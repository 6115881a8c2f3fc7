import { describe, expect, test } from 'vitest'
import type { Environment } from '../../../src/base/environment.ts'
import { killCommand, type KillOptions, runKill } from '../../../src/cli/commands/kill.ts'
import { stopOf } from '../../support/fake-approval.ts'
import { fakeContext } from '../../support/fake-context.ts'

const parse = (...argv: string[]): Promise<KillOptions | undefined> => parseIn({}, ...argv)

async function parseIn(env: Environment, ...argv: string[]): Promise<KillOptions | undefined> {
  let got: KillOptions | undefined
  const command = killCommand({ ...fakeContext().ctx, env }, async (_ctx, options) => void (got = options))
  await command.parseAsync(argv, { from: 'user' })
  return got
}

describe('jit kill: argv', () => {
  test.each<[string[], KillOptions]>([
    [
      ['--user', 'dana@corp.example', '--reason', 'laptop stolen'],
      {
        do: 'stop',
        call: { scope: 'user', value: 'dana@corp.example' },
        reason: 'laptop stolen',
        yes: false,
        json: false,
      },
    ],
    [['--target', 'prod-db'], { do: 'stop', call: { scope: 'target', value: 'prod-db' }, yes: false, json: false }],
    [['--pipeline', 'deploy'], { do: 'stop', call: { scope: 'pipeline', value: 'deploy' }, yes: false, json: false }],
    [['--grant', 'g_1', '--json'], { do: 'stop', call: { scope: 'grant', value: 'g_1' }, yes: false, json: true }],
    [['--all', '--yes'], { do: 'stop', call: { scope: 'all' }, yes: true, json: false }],
    [['--list'], { do: 'list', json: false }],
    [['--lift', 's_1', '--json'], { do: 'lift', id: 's_1', json: true }],
  ])('%j', async (argv, wanted) => {
    expect(await parse(...argv)).toEqual(wanted)
  })

  test.each([
    [[]],
    [['--reason', 'because']],
    [['--all', '--user', 'dana']],
    [['--user', 'dana', '--pipeline', 'deploy']],
    [['--target', 'a', '--grant', 'g_1']],
    [['--list', '--lift', 's_1']],
    [['--all', '--list']],
  ])('refuses %j', async (argv) => {
    await expect(parse(...argv)).rejects.toMatchObject({ code: 'USAGE' })
  })
})

test.each(['USER', 'PIPELINE', 'TARGET', 'GRANT', 'ALL', 'LIST', 'LIFT'])(
  'JIT_%s, set for something else, chooses nothing that is stopped or lifted',
  async (name) => {
    await expect(parseIn({ [`JIT_${name}`]: '1', JIT_YES: '1', JIT_REASON: 'x' })).rejects.toMatchObject({
      message: 'Say what to end.',
    })
  },
)

test('that somebody is sure is typed; the reason and --json have twins as everywhere', async () => {
  expect(await parseIn({ JIT_YES: '1', JIT_REASON: 'x', JIT_JSON: '1' }, '--all')).toEqual({
    do: 'stop',
    call: { scope: 'all' },
    reason: 'x',
    yes: false,
    json: true,
  })
})

describe('jit kill', () => {
  const user = {
    do: 'stop',
    call: { scope: 'user', value: 'dana' },
    reason: 'stolen',
    yes: false,
    json: false,
  } as const
  const all = { ...user, call: { scope: 'all' } } as const
  const target = { ...user, call: { scope: 'target', value: 'prod-db' } } as const
  const pipeline = { ...user, call: { scope: 'pipeline', value: 'deploy' } } as const

  test('stops, says what that did at once and how it is lifted', async () => {
    const { ctx, calls, note } = fakeContext()
    await runKill(ctx, user)
    expect(calls).toEqual(['stop user dana stolen'])
    expect(note).toEqual([
      'Stopped user dana: 2 grants ended, 1 request cancelled.',
      'Nothing new is given until: jit kill --lift stop_1',
    ])
  })

  test('of one grant holds nothing up, and says nothing of lifting', async () => {
    const { ctx, note } = fakeContext()
    await runKill(ctx, { ...user, call: { scope: 'grant', value: 'g_1' } })
    expect(note).toEqual(['Stopped grant g_1: 2 grants ended, 1 request cancelled.'])
  })

  const nothing = { endedGrants: 0, cancelledRequests: 0 }

  test('of a name that holds and asks for nothing says so: it may be misspelt', async () => {
    const { ctx, note } = fakeContext({ stopping: nothing })
    await runKill(ctx, user)
    expect(note).toEqual([
      'Stopped user dana: 0 grants ended, 0 requests cancelled.',
      'Nobody of that name holds or asks for anything now. Check the spelling; the stop stands: jit kill --list',
      'Nothing new is given until: jit kill --lift stop_1',
    ])
  })

  test('of a grant that was over says so instead of that it was stopped', async () => {
    const { ctx, note } = fakeContext({ stopping: nothing })
    await runKill(ctx, { ...user, call: { scope: 'grant', value: 'g_1' } })
    expect(note).toEqual(['Grant g_1 was over already: there was nothing to end.'])
  })

  test('without a reason asks for one, or names the flag', async () => {
    const { reason: _none, ...unexplained } = user
    const asked = fakeContext({ interactive: true, answers: ['stolen'] })
    await runKill(asked.ctx, unexplained)
    expect(asked.calls).toEqual(['stop user dana stolen'])
    const { ctx, calls } = fakeContext()
    await expect(runKill(ctx, unexplained)).rejects.toMatchObject({ code: 'USAGE', hint: 'Add: --reason TEXT' })
    expect(calls).toEqual([])
  })

  test.each([all, target, pipeline])(
    'that is about many people asks whether somebody is sure: $call.scope',
    async (order) => {
      const sure = fakeContext({ interactive: true, answers: ['yes'] })
      await runKill(sure.ctx, order)
      expect(sure.calls).toHaveLength(1)
      const unsure = fakeContext({ interactive: true, answers: ['no'] })
      await expect(runKill(unsure.ctx, order)).rejects.toMatchObject({ code: 'INTERRUPTED' })
      expect(unsure.calls).toEqual([])
      const told = fakeContext({ interactive: true })
      await runKill(told.ctx, { ...order, yes: true })
      expect(told.calls).toHaveLength(1)
    },
  )

  test('of everything, with nobody there to ask, needs --yes', async () => {
    const { ctx, calls } = fakeContext()
    await expect(runKill(ctx, all)).rejects.toMatchObject({ code: 'USAGE', hint: 'Add: --yes' })
    expect(calls).toEqual([])
    await runKill(ctx, { ...all, yes: true })
    expect(calls).toEqual(['stop all  stolen'])
  })

  test('that does not reach the endpoint fails as such', async () => {
    await expect(runKill(fakeContext({ online: false }).ctx, user)).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
    })
    await expect(runKill(fakeContext({ loggedIn: false }).ctx, user)).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
  })

  test('--json prints what the endpoint answered', async () => {
    const { ctx, out, note } = fakeContext()
    await runKill(ctx, { ...user, json: true })
    expect(JSON.parse(out.join(''))).toMatchObject({ stop: { id: 'stop_1', scope: 'user' }, endedGrants: 2 })
    expect(note).toEqual([])
  })

  test('--list shows what is in force, safe to print', async () => {
    const stops = [
      stopOf({ scope: 'user', value: 'dana', reason: 'sto\u001b[31mlen' }),
      stopOf({ scope: 'pipeline', value: 'deploy', reason: 'x' }),
      stopOf({ scope: 'all', reason: 'x' }),
    ]
    const { ctx, out } = fakeContext({ stops })
    await runKill(ctx, { do: 'list', json: false })
    expect(out.join('\n')).toMatch(/stop_1 +user dana +sto\[31mlen +dana@corp\.example/)
    expect(out.join('\n')).toContain('pipeline deploy')
    expect(out.join('\n')).toContain('everybody')
    const none = fakeContext()
    await runKill(none.ctx, { do: 'list', json: false })
    expect([none.out, none.note]).toEqual([[], ['Nothing is stopped.']])
  })

  test('--lift lets one go', async () => {
    const { ctx, calls, note } = fakeContext()
    await runKill(ctx, { do: 'lift', id: 'stop_7', json: false })
    expect(calls).toEqual(['lift stop_7'])
    expect(note).toEqual(['Lifted: everybody may ask again. What was ended stays ended.'])
  })

  test('--lift says which other one holds the same up', async () => {
    const stops = [stopOf({ scope: 'user', value: 'dana', reason: 'x' }), stopOf({ scope: 'all', reason: 'x' })]
    const { ctx, note } = fakeContext({ stops })
    await runKill(ctx, { do: 'lift', id: 'stop_7', json: false })
    expect(note).toEqual([
      'Lifted, but another one still stops everybody.',
      'Let that one go too: jit kill --lift stop_1',
    ])
  })
})
