import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../../src/server/config/load.ts'
import { ConfigurationError, renderFault } from '../../../../src/server/config/types.ts'

const GOOD = `endpoint: https://jit.corp.example
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: https://idp.corp.example/, clients: { browser: b } }
policy: [policy.cedar]
targets:
  - name: prod-db
    maxDuration: 4h
    aws:
      role: arn:aws:iam::123456789012:role/team/jit-prod-db
      region: eu-central-1
`
const load = (text: string, env: Record<string, string> = {}) =>
  loadConfig({ path: '/etc/jit/c.yaml', readText: () => text, env })

async function faultsOf(text: string, env: Record<string, string> = {}): Promise<readonly string[]> {
  try {
    await load(text, env)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(renderFault)
    throw error
  }
  return []
}

/** The good file with one piece replaced. */
const but = (piece: string, other: string): string => {
  if (!GOOD.includes(piece)) throw new Error(`no ${piece}`)
  return GOOD.replace(piece, other)
}

describe('a configuration', () => {
  test('is read with its defaults, absolute paths and seconds', async () => {
    expect(await load(GOOD)).toEqual({
      config: {
        endpoint: 'https://jit.corp.example',
        listen: { host: '127.0.0.1', port: 8080 },
        trustedProxies: [],
        store: { kind: 'sqlite', path: '/etc/jit/state.sqlite' },
        idp: {
          issuer: 'https://idp.corp.example/',
          clients: { browser: 'b' },
          scopes: ['openid', 'profile', 'email'],
          groupsClaim: 'groups',
        },
        session: { accessTokenSeconds: 900 },
        requests: { pendingSeconds: 28_800 },
        policyFiles: ['/etc/jit/policy.cedar'],
        aws: { audience: 'sts.amazonaws.com' },
        targets: [
          {
            name: 'prod-db',
            maxDurationSeconds: 14_400,
            labels: [],
            renewEverySeconds: 3600,
            aws: {
              roleArn: 'arn:aws:iam::123456789012:role/team/jit-prod-db',
              account: '123456789012',
              region: 'eu-central-1',
              profile: 'jit-prod-db',
              maxSessionSeconds: 3600,
            },
          },
        ],
      },
      warnings: [],
    })
  })

  test.each([
    ['an unknown field', but('policy:', 'polcy:'), 'c.yaml:4: polcy is no field of this file; did you mean policy.'],
    [
      'an unknown nested field',
      but('region:', 'regoin:'),
      'c.yaml:10: targets[0].aws.regoin is no field of this file; did you mean region.',
    ],
    [
      'an unknown field of a store',
      but('path: state', 'pfad: state'),
      'c.yaml:2: store.pfad is no field of this file; known here are kind, path, url.',
    ],
    [
      'a field that looks like a member of Object',
      but('policy:', '__proto__: { a: 1 }\npolicy:'),
      'c.yaml:4: __proto__ is no field of this file',
    ],
    [
      'a missing field',
      but('      region: eu-central-1\n', ''),
      'c.yaml:8: targets[0].aws.region is missing: expected a region such as eu-central-1.',
    ],
    [
      'a field that stands twice',
      `${GOOD}endpoint: https://x.example\n`,
      'c.yaml:11: this key stands here for the second time.',
    ],
    [
      'an alias',
      `${but('[policy.cedar]', '&a [policy.cedar]')}session: *a\n`,
      'c.yaml:11: aliases are not read here: write the value out.',
    ],
    ['a merge key', `${GOOD}<<: { session: {} }\n`, 'c.yaml:11: << is no field of this file'],
    ['an unknown tag', but('https://jit.corp.example', '!!js/function x'), 'c.yaml:1: this is no YAML: Unresolved tag'],
    ['a second document', `${GOOD}---\na: 1\n`, 'c.yaml:11: this is no YAML: Source contains multiple documents'],
    ['broken YAML', but('[policy.cedar]', '[policy.cedar'), 'c.yaml:'],
    ['plain http', but('https://jit.', 'http://jit.'), 'c.yaml:1: endpoint: expected an https:// URL'],
    ['a trailing slash', but('corp.example\n', 'corp.example/\n'), 'c.yaml:1: endpoint: expected an https:// URL'],
    ['a query', but('corp.example\n', 'corp.example?a\n'), 'c.yaml:1: endpoint: expected an https:// URL'],
    ['a fragment', but('corp.example/,', 'corp.example/#a,'), "c.yaml:3: idp.issuer: expected the IdP's issuer"],
    [
      'an issuer that is too long for AWS',
      but('corp.example\n', `${'a'.repeat(250)}.example\n`),
      'c.yaml:1: endpoint: expected an https:// URL',
    ],
    [
      'a URL in another form than tokens carry',
      but('jit.corp.example', 'JIT.corp.example'),
      'c.yaml:1: endpoint: expected an https:// URL',
    ],
    [
      'no client',
      but('{ browser: b }', '{}'),
      'c.yaml:3: idp.clients: expected a client id for browser, device or both.',
    ],
    ['an empty block', but('{ browser: b }', '~'), 'c.yaml:3: idp.clients: expected a block of fields.'],
    ['another kind of store', but('sqlite,', 'mysql,'), 'c.yaml:2: store.kind: expected sqlite or postgres.'],
    ['a text instead of a list', but('[policy.cedar]', 'policy.cedar'), 'c.yaml:4: policy: expected a list.'],
    ['no policy', but('[policy.cedar]', '[]'), 'c.yaml:4: policy: expected at least one policy file.'],
    [
      'a target name that no shell likes',
      but('prod-db\n', 'Prod DB\n'),
      'c.yaml:6: targets[0].name: expected a name of lower-case letters',
    ],
    [
      'a target name too short for STS',
      but('name: prod-db', 'name: p'),
      'c.yaml:6: targets[0].name: expected at least two letters, which AWS asks for.',
    ],
    [
      'a target name too long for its profile',
      but('name: prod-db', `name: ${'p'.repeat(60)}`),
      'c.yaml:6: targets[0].name: it is too long for the profile name',
    ],
    [
      'a number as duration',
      but('4h', '90'),
      'c.yaml:7: targets[0].maxDuration: expected a duration such as 90m, 1h30m or PT1H30M, from 1m to 168h, not 90.',
    ],
    ['a duration beyond the bound', but('4h', '169h'), 'c.yaml:7: targets[0].maxDuration: expected a duration'],
    [
      'no ARN',
      but('arn:aws:iam::123456789012:role/team/', ''),
      'c.yaml:9: targets[0].aws.role: expected a role ARN such as arn:aws:iam::123456789012:role/jit-prod-db, not "jit-prod-db".',
    ],
    ['a user instead of a role', but(':role/', ':user/'), 'c.yaml:9: targets[0].aws.role: expected a role ARN'],
    [
      'a region of another partition',
      but('eu-central-1', 'cn-north-1'),
      "c.yaml:10: targets[0].aws.region: expected a region of the role's own AWS partition.",
    ],
    [
      'a target that opens nothing',
      GOOD.slice(0, GOOD.indexOf('    aws:')),
      'c.yaml:6: targets[0]: expected a block aws, gcp, azure, kubernetes, or several: a target opens something.',
    ],
    [
      'a session beyond what AWS takes',
      `${GOOD}      maxSession: 13h\n`,
      'c.yaml:11: targets[0].aws.maxSession: expected a duration such as 90m, 1h30m or PT1H30M, from 1h to 12h',
    ],
    [
      'a session policy without Allow',
      `${GOOD}      sessionPolicy: [{ Effect: Deny, Action: "*", Resource: "*" }]\n`,
      'c.yaml:11: targets[0].aws.sessionPolicy: expected IAM statements',
    ],
    [
      'a session policy with a principal',
      `${GOOD}      sessionPolicy: [{ Effect: Allow, Principal: "*", Action: "*", Resource: "*" }]\n`,
      'c.yaml:11: targets[0].aws.sessionPolicy: expected IAM statements',
    ],
    [
      'a session policy too long for the fence',
      `${GOOD}      sessionPolicy: [{ Effect: Allow, Action: "s3:${'x'.repeat(1400)}", Resource: "*" }]\n`,
      'c.yaml:11: targets[0].aws.sessionPolicy: expected IAM statements',
    ],
    ...['default', 'DEFAULT', 'default-kept-by-jit-g'].map((profile): [string, string, string] => [
      `the profile ${profile}`,
      `${GOOD}      profile: ${profile}\n`,
      'c.yaml:11: targets[0].aws.profile: expected a profile name',
    ]),
    [
      'two targets of one name',
      `${GOOD}${GOOD.slice(GOOD.indexOf('  - name'))}`,
      'c.yaml:11: targets[1].name: "prod-db" is already taken by another target.',
    ],
    [
      'two targets for one profile',
      `${GOOD}${GOOD.slice(GOOD.indexOf('  - name')).replace('name: prod-db', 'name: other')}      profile: jit-prod-db\n`,
      'c.yaml:16: targets[1].aws.profile: "jit-prod-db" is already taken by another target.',
    ],
    ['nothing', '', 'c.yaml:1: expected a block of fields.'],
    ['a list', '- a', 'c.yaml:1: expected a block of fields.'],
  ])('with %s is refused by line and field', async (_what, text, expected) => {
    const faults = await faultsOf(text)
    expect(faults).toContainEqual(expect.stringContaining(`/etc/jit/${expected}`))
  })

  test('names all that is wrong at once, in the order of the lines', async () => {
    const faults = await faultsOf(
      GOOD.replace('https://jit', 'ftp://jit')
        .replace('policy:', 'polcy:')
        .replace('4h', 'soon')
        .replace('eu-central-1', 'Frankfurt'),
    )
    expect(faults.map((fault) => Number(fault.split(':')[1]))).toEqual([1, 1, 4, 7, 10])
  })

  test('that cannot be read says so', async () => {
    const readText = () => Promise.reject(new Error('ENOENT: no such file'))
    await expect(loadConfig({ path: 'c.yaml', readText, env: {} })).rejects.toThrow(
      'c.yaml: it cannot be read: ENOENT: no such file.',
    )
  })

  test.each([
    [
      'endpoint: https://jit.corp.example\n',
      'endpoint: https://jit.corp.example:8443\n',
      1,
      'AWS asks for an issuer URL without a port',
    ],
    ['endpoint: https://jit.corp.example\n', 'endpoint: http://127.0.0.1:8080\n', 1, 'plain http on loopback'],
    ['policy:', 'listen: { host: 0.0.0.0 }\npolicy:', 4, 'clear text'],
  ])('is warned about where it is allowed but seldom meant: %s → %s', async (piece, other, line, message) => {
    const { warnings } = await load(but(piece, other))
    expect(warnings).toEqual([{ file: '/etc/jit/c.yaml', line, message: expect.stringContaining(message) }])
  })
})

describe('the database URL', () => {
  const withUrl = (url: string) => but('{ kind: sqlite, path: state.sqlite }', `{ kind: postgres, url: "${url}" }`)

  test('comes from the environment where the file says so', async () => {
    const url = 'postgresql://jit:geheim@db.corp.example/jit'
    const { config } = await load(withUrl('${JIT_ENDPOINT_DATABASE_URL}'), { JIT_ENDPOINT_DATABASE_URL: url })
    expect(config.store).toEqual({ kind: 'postgres', url })
  })

  test.each([
    'postgresql://jit:geheim@db/jit',
    'postgresql://db/jit?password=geheim',
    '${UNSET_VARIABLE}',
    '${WRONG}',
    'mysql://db/jit',
  ])('%s is refused, and no password is repeated', async (url) => {
    const faults = await faultsOf(withUrl(url), { WRONG: 'geheim' })
    expect(faults).toEqual([expect.stringMatching(/c\.yaml:2: store\.url: expected postgresql:\/\/.* not this\.$/)])
    expect(faults.join()).not.toContain('geheim')
  })

  test('of a URL field elsewhere is not repeated either', async () => {
    const faults = await faultsOf(but('https://jit.corp.example', 'https://me:geheim@jit.corp.example'))
    expect(faults.join()).toMatch(/endpoint: expected/)
    expect(faults.join()).not.toContain('geheim')
  })
})

describe('a hostile file', () => {
  test.each([
    ['nesting', '['.repeat(50_000)],
    ['nested maps', '{a: '.repeat(20_000)],
    [
      'a bomb of aliases',
      `a: &a [x, x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`}, *${i === 0 ? 'a' : `b${i - 1}`}]`).join('\n')}`,
    ],
    ['size', `a: ${'x'.repeat(5_000_000)}`],
  ])('with %s is refused, not followed', async (_what, text) => {
    const faults = await faultsOf(text)
    expect(faults.length).toBeGreaterThan(0)
  })

  test('of any text or with any value anywhere ends in faults, never in a crash', async () => {
    const lines = GOOD.split('\n')
    const junk = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('~', '[]', '{}', '&a', '*a', '"', "'", '|', '- ', '? ', ': ', '1e999', '!!set', '${X}'),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), junk, fc.boolean(), async (at, text, whole) => {
        const line = lines[at] ?? ''
        const changed = whole ? text : line.replace(/:.*/, () => `: ${text}`)
        const faults = await faultsOf([...lines.slice(0, at), changed, ...lines.slice(at + 1)].join('\n'))
        for (const fault of faults) expect(fault).toMatch(/^\/etc\/jit\/c\.yaml:(\d+:)? /)
      }),
      { numRuns: 400 },
    )
  })
})
