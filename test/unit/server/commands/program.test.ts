import { describe, expect, test } from 'vitest'
import { auditCommand } from '../../../../src/server/commands/audit.ts'
import { checkCommand } from '../../../../src/server/commands/check.ts'
import { grantsCommand } from '../../../../src/server/commands/grants.ts'
import { initCommand } from '../../../../src/server/commands/init.ts'
import { keysCommand } from '../../../../src/server/commands/keys.ts'
import { run } from '../../../../src/server/commands/program.ts'
import { serveCommand } from '../../../../src/server/commands/serve.ts'
import { trustCommand } from '../../../../src/server/commands/trust.ts'
import type { CommandContext, Operations } from '../../../../src/server/commands/types.ts'
import { ConfigurationError } from '../../../../src/server/config/types.ts'
import { JitError } from '../../../../src/base/errors.ts'

const refused = (): Promise<never> => Promise.reject(new Error('not in this test'))
const none: Operations = {
  init: refused,
  check: refused,
  serve: refused,
  trust: refused,
  keys: refused,
  rotateKeys: refused,
  publishKeys: refused,
  grants: refused,
  exportLog: refused,
  verifyLog: refused,
  verifyExport: refused,
}

function fakeContext(operations: Partial<Operations> = {}, env: CommandContext['env'] = {}) {
  const [out, note]: [string[], string[]] = [[], []]
  let loaded = 0
  const ctx: CommandContext = {
    env,
    version: '1.2.3',
    out: (line) => void out.push(line),
    write: (text) => out.push(text) > 0,
    note: (line) => void note.push(line),
    operations: async () => {
      loaded++
      return { ...none, ...operations }
    },
  }
  return { ctx, out, note, loaded: () => loaded }
}

describe('argv becomes options', () => {
  const got: unknown[] = []
  const keep = async (_ctx: CommandContext, options: unknown): Promise<void> => void got.push(options)
  const commands = {
    init: (ctx: CommandContext) => initCommand(ctx, keep),
    serve: (ctx: CommandContext) => serveCommand(ctx, keep),
    check: (ctx: CommandContext) => checkCommand(ctx, keep),
    trust: (ctx: CommandContext) => trustCommand(ctx, keep),
    keys: (ctx: CommandContext) =>
      keysCommand(ctx, {
        list: (c, o) => keep(c, { list: o }),
        rotate: (c, o) => keep(c, { rotate: o }),
        publish: (c, o) => keep(c, { publish: o }),
      }),
    grants: (ctx: CommandContext) => grantsCommand(ctx, keep),
    audit: (ctx: CommandContext) =>
      auditCommand(ctx, { export: (c, o) => keep(c, { export: o }), verify: (c, o) => keep(c, { verify: o }) }),
  }
  const config = 'jit-endpoint.yaml'
  test.each<[keyof typeof commands, string[], unknown]>([
    [
      'init',
      [],
      { directory: '.', endpoint: 'https://jit.corp.example', issuer: 'https://idp.corp.example', json: false },
    ],
    [
      'init',
      ['d', '--endpoint', 'https://a', '--issuer', 'https://b', '--json'],
      { directory: 'd', endpoint: 'https://a', issuer: 'https://b', json: true },
    ],
    ['serve', [], { config, json: false }],
    ['serve', ['-c', 'x.yaml', '--json'], { config: 'x.yaml', json: true }],
    ['check', ['--config=x.yaml'], { config: 'x.yaml', json: false }],
    ['trust', ['aws'], { cloud: 'aws', targets: [], config, json: false }],
    ['trust', ['gcp', 'a', 'b', '--json'], { cloud: 'gcp', targets: ['a', 'b'], config, json: true }],
    ['trust', ['azure', '-c', 'x'], { cloud: 'azure', targets: [], config: 'x', json: false }],
    ['trust', ['kubernetes', 'a'], { cloud: 'kubernetes', targets: ['a'], config, json: false }],
    ['keys', ['list', '--json'], { list: { config, json: true } }],
    ['keys', ['rotate'], { rotate: { config, json: false, now: false } }],
    ['keys', ['rotate', '--now', '-c', 'x'], { rotate: { config: 'x', json: false, now: true } }],
    ['keys', ['publish', 'site'], { publish: { directory: 'site', config, json: false } }],
    ['grants', [], { states: [], limit: 100, config, json: false }],
    [
      'grants',
      ['--stuck', '--unconfirmed', '--limit', '7', '--after', 'g_1', '--json', '-c', 'x'],
      { states: ['stuck', 'unconfirmed'], limit: 7, after: 'g_1', config: 'x', json: true },
    ],
    ['grants', ['--live', '--waiting'], { states: ['live', 'waiting'], limit: 100, config, json: false }],
    ['audit', ['export'], { export: { config, json: false, from: 1 } }],
    ['audit', ['export', '--from', '7'], { export: { config, json: false, from: 7 } }],
    ['audit', ['verify'], { verify: { config, json: false } }],
    [
      'audit',
      ['verify', 'log.jsonl', '--head', `3:${'a'.repeat(64)}`, '--json'],
      { verify: { config, json: true, file: 'log.jsonl', head: { seq: 3, hash: 'a'.repeat(64) } } },
    ],
  ])('%s %j', async (name, argv, wanted) => {
    got.length = 0
    await commands[name](fakeContext().ctx).parseAsync(argv, { from: 'user' })
    expect(got).toEqual([wanted])
  })

  test('the configuration file may come from the environment; the flag wins', async () => {
    const { ctx } = fakeContext({}, { JIT_ENDPOINT_CONFIG: '/etc/jit.yaml' })
    got.length = 0
    await serveCommand(ctx, keep).parseAsync([], { from: 'user' })
    await serveCommand(ctx, keep).parseAsync(['-c', 'x'], { from: 'user' })
    expect(got).toEqual([
      { config: '/etc/jit.yaml', json: false },
      { config: 'x', json: false },
    ])
  })
})

describe('what goes wrong', () => {
  test.each([
    [['nonsense'], ''],
    [['help', 'nonsense'], ''],
    [['serve', '--nonsense'], 'serve '],
    [['serve', 'extra'], 'serve '],
    [['keys'], 'keys '],
    [['keys', 'nonsense'], 'keys '],
    [['keys', 'publish'], 'keys publish '],
    [['trust', 'nonsense'], 'trust '],
    [['grants', '--limit', '0'], 'grants '],
    [['grants', '--limit', '1001'], 'grants '],
    [['audit', 'export', '--from', '0'], 'audit export '],
    [['audit', 'verify', '--head', '3:xyz'], 'audit verify '],
    [[], ''],
  ])('%j is a usage error that loads nothing and names the help of %j', async (argv, named) => {
    const { ctx, note, out, loaded } = fakeContext()
    expect(await run(argv, ctx)).toBe(2)
    expect(note).toEqual([expect.stringMatching(/\.$|'$/), `See: jit-endpoint ${named}--help`])
    expect([out, loaded()]).toEqual([[], 0])
  })

  test('check says with what pipelines log in', async () => {
    const checked = {
      endpoint: 'https://jit.corp.example',
      targets: 1,
      store: 'SQLite x',
      database: 'ready' as const,
      keys: [],
      warnings: [],
      workloads: {
        audience: 'https://jit.corp.example',
        issuers: [{ name: 'own', provider: 'gitlab', issuer: 'https://gitlab.corp.example' }],
        pipelines: [
          { name: 'nightly', issuer: 'own', events: ['push', 'schedule'] },
          { name: 'host', issuer: 'own', events: [] },
        ],
      },
    }
    const { ctx, note, out } = fakeContext({ check: async () => checked })
    expect(await run(['check'], ctx)).toBe(0)
    expect(note).toEqual([
      'Pipelines log in with tokens for https://jit.corp.example of:',
      '  own (gitlab): https://gitlab.corp.example',
      'Pipeline nightly: jobs of own, started by push, schedule',
      'Pipeline host: jobs of own',
      'jit-endpoint.yaml is good: https://jit.corp.example, 1 targets, SQLite x, no keys yet (the first start makes them).',
    ])
    expect(await run(['check', '--json'], ctx)).toBe(0)
    expect(JSON.parse(out.join(''))).toEqual(checked)
  })

  test.each([
    ['none', 'SQLite x (not there yet: the first start makes it).'],
    ['older', 'SQLite x (of an older version: the next start brings it up to date), no keys yet'],
  ] as const)('check says how the database is: %s', async (database, words) => {
    const checked = { endpoint: 'https://jit.test', targets: 1, store: 'SQLite x', database, keys: [], warnings: [] }
    const { ctx, note } = fakeContext({ check: async () => checked })
    expect(await run(['check'], ctx)).toBe(0)
    expect(note.join('')).toContain(words)
  })

  test('faults of the configuration are shown with file and line, and cost 2', async () => {
    const faults = [{ file: 'c.yaml', line: 3, message: 'idp.issuer: expected a URL.' }]
    const { ctx, note } = fakeContext({ check: () => Promise.reject(new ConfigurationError(faults)) })
    expect(await run(['check'], ctx)).toBe(2)
    expect(note).toEqual(['c.yaml:3: idp.issuer: expected a URL.', 'Correct it, then: jit-endpoint check'])
  })

  test.each([
    [['check', '--config', 'it is.yaml'], {}, "check --config 'it is.yaml'"],
    [['check', '-cx.yaml', '--json'], {}, 'check --config x.yaml'],
    [['check'], { JIT_ENDPOINT_CONFIG: '/etc/jit.yaml' }, 'check --config /etc/jit.yaml'],
    [['check', '-c', 'jit-endpoint.yaml'], { JIT_ENDPOINT_CONFIG: 'x' }, 'check --config jit-endpoint.yaml'],
    [['serve', '-c', 'x.yaml'], {}, 'check --config x.yaml'],
    [['trust', 'aws', '-c', 'x.yaml'], {}, 'check --config x.yaml'],
    [['keys', 'list', '-c', 'x.yaml'], {}, 'check --config x.yaml'],
    [['audit', 'verify', '-c', 'x.yaml'], {}, 'check --config x.yaml'],
  ])('after a fault, %j with %j names the file again', async (argv, env, line) => {
    const fault = () => Promise.reject(new ConfigurationError([{ file: 'x', message: 'wrong.' }]))
    const all = { check: fault, serve: fault, trust: fault, keys: fault, verifyLog: fault }
    const { ctx, note } = fakeContext(all, env)
    expect(await run(argv, ctx)).toBe(2)
    expect(note.join(' ')).toContain(`Correct it, then: jit-endpoint ${line}`)
  })

  test('with --json it is one object on stderr, and the code is that of the error', async () => {
    const error = new JitError('WRITE_FAILED', 'It was not written.', 'Name another directory.')
    const { ctx, note, out } = fakeContext({ init: () => Promise.reject(error) })
    expect(await run(['init', '--json'], ctx)).toBe(8)
    expect(note.map((line) => JSON.parse(line))).toEqual([
      { error: { code: 'WRITE_FAILED', message: 'It was not written.', hint: 'Name another directory.' } },
    ])
    expect(out).toEqual([])
  })

  test('a bug is passed on', async () => {
    await expect(run(['check'], fakeContext().ctx)).rejects.toThrow('not in this test')
  })
})

describe('what is printed', () => {
  test.each([[['--help']], [['--version']], [['keys', '--help']], [['serve', '--help']]])(
    '%j goes to stdout and loads nothing',
    async (argv) => {
      const { ctx, out, note, loaded } = fakeContext()
      expect(await run(argv, ctx)).toBe(0)
      expect(out.join('\n')).toMatch(/1\.2\.3|Usage: /)
      expect([note, loaded()]).toEqual([[], 0])
    },
  )

  test('keys list shows kid, use, state and dates', async () => {
    const keys = [
      {
        kid: 'k1',
        use: 'grant' as const,
        state: 'retired' as const,
        createdAt: '2026-11-01T00:00:00.000Z',
        until: 'U',
      },
    ]
    const { ctx, out } = fakeContext({ keys: async () => keys })
    expect(await run(['keys', 'list'], ctx)).toBe(0)
    expect(out).toEqual(['k1  grant   retired  made 2026-11-01T00:00:00.000Z  until U'])
  })

  test('grants shows one line for each below what its columns are, and how to go on', async () => {
    const grant = {
      id: 'g_1',
      target: 'prod-db',
      holder: { issuer: 'https://idp.test', subject: '00u1', name: 'Ana', email: 'ana@corp.example' },
      startsAt: '2026-11-21T12:00:00.000Z',
      over: '2026-11-21T13:00:00.000Z',
      wipe: 'stuck' as const,
      machines: [],
    }
    const job = {
      ...grant,
      id: 'g_2',
      holder: { issuer: 'https://ci.test', subject: 'job:7', name: 'github: app' },
      pipelines: ['deploy', 'any-of-us'],
    }
    const { ctx, out, note } = fakeContext({ grants: async () => ({ grants: [job, grant], next: 'g_1' }) })
    expect(await run(['grants'], ctx)).toBe(0)
    expect(out).toEqual([
      'GRANT  WIPE   ENDS OR ENDED             TARGET   HOLDER            SUBJECT  PIPELINES',
      'g_2    stuck  2026-11-21T13:00:00.000Z  prod-db  github: app       job:7    deploy, any-of-us',
      'g_1    stuck  2026-11-21T13:00:00.000Z  prod-db  ana@corp.example  00u1',
    ])
    expect(note).toEqual(['There are more: jit-endpoint grants --after g_1'])
    expect(await run(['grants', '--stuck', '--live', '--limit', '7', '-c', 'x', '--after', 'g_9'], ctx)).toBe(0)
    expect(note[1]).toBe('There are more: jit-endpoint grants --live --stuck --limit 7 --after g_1 --config x')
  })

  test('audit verify ends with a line to paste, head and all', async () => {
    const head = { seq: 3, hash: 'a'.repeat(64) }
    const found = async () => ({ ok: true as const, head })
    const { ctx, out, note } = fakeContext({ verifyLog: found, verifyExport: found })
    expect(await run(['audit', 'verify', '-c', 'x.yaml'], ctx)).toBe(0)
    expect(await run(['audit', 'verify', 'my log'], ctx)).toBe(0)
    expect(out).toEqual([`3:${head.hash}`, `3:${head.hash}`])
    expect(note.map((line) => line.split('Remember this head: ')[1])).toEqual([
      `jit-endpoint audit verify --head 3:${head.hash} --config x.yaml`,
      `jit-endpoint audit verify 'my log' --head 3:${head.hash}`,
    ])
  })

  test('audit export stops when its reader is gone', async () => {
    const { ctx } = fakeContext({
      exportLog: async (_file, _from, write) => expect([write('{}'), write('{}')]).toEqual([true, false]),
    })
    const said: string[] = []
    const write = (text: string): boolean => said.push(text) < 2
    expect(await run(['audit', 'export'], { ...ctx, write })).toBe(0)
    expect(said).toEqual(['{}\n', '{}\n'])
  })

  test('keys rotate says when the next key may sign, and --now what breaks', async () => {
    const activeFrom = Date.parse('2026-11-23T00:00:00Z')
    const early = fakeContext({ rotateKeys: async () => [{ use: 'grant', done: false, next: 'k2', activeFrom }] })
    expect(await run(['keys', 'rotate'], early.ctx)).toBe(0)
    expect(early.note.join('\n')).toMatch(/k2 .*2026-11-23T00:00:00\.000Z.*Nothing changed/)
    const now = fakeContext({
      rotateKeys: async (_file, now) => [{ use: 'grant', done: now, retired: 'k1', signing: 'k2' } as never],
    })
    expect(await run(['keys', 'rotate', '--now'], now.ctx)).toBe(0)
    expect(now.note.join('\n')).toMatch(/k2 signs now; k1 is retired.*accepted nowhere any more/s)
  })
})
