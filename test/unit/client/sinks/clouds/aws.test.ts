import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { awsFiles } from '../../../../../src/client/sinks/clouds/aws-files.ts'
import { awsIsolated } from '../../../../../src/client/sinks/clouds/aws-isolated.ts'
import { awsProcess } from '../../../../../src/client/sinks/clouds/aws-process.ts'
import type { SinkDeps } from '../../../../../src/client/sinks/clouds/deps.ts'
import type { Delivery, Intent } from '../../../../../src/client/sinks/clouds/types.ts'
import type { AwsCredential } from '../../../../../src/contract/credential.ts'
import { nodeFileSystem } from '../../../../../src/platform/files.ts'
import { TempHome } from '../../../../support/temp-home.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

function setUp(env: Readonly<Record<string, string>> = {}) {
  const home = new TempHome()
  const deps: SinkDeps = {
    fs: nodeFileSystem,
    env,
    home: home.home,
    program: ['/usr/bin/node', '/opt/my jit/bin/jit.js'],
  }
  const intent: Intent = {
    lease: 'g_1',
    target: 'prod-db',
    profile: 'jit-prod-db',
    asDefault: false,
    directory: join(home.root, 'grants', 'g_1.99'),
  }
  return {
    home,
    deps,
    intent,
    delivery: (more: Partial<AwsCredential> = {}, asDefault = false): Delivery<AwsCredential> => ({
      ...intent,
      asDefault,
      endsAt: NOW + 3_600_000,
      credential: {
        cloud: 'aws',
        expiration: '2026-11-22T12:30:00Z',
        notAfter: '2026-11-22T12:20:00Z',
        accessKeyId: 'ASIAFAKE',
        secretAccessKey: 'a/b+c=',
        sessionToken: 'tok==',
        roleArn: 'arn:aws-us-gov:iam::111122223333:role/Admin',
        sessionArn: 'arn:aws-us-gov:sts::111122223333:assumed-role/Admin/eve-g_1',
        region: 'us-gov-west-1',
        ...more,
      },
    }),
    config: join(home.home, '.aws/config'),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

describe('AWS, mode process', () => {
  test('the keys are sealed in the form that SDKs read, and come before the profile that leads to them', async () => {
    using at = setUp()
    const sink = awsProcess(at.deps)
    expect(await sink.plan(at.intent)).toEqual([
      { kind: 'sealed', path: join(at.intent.directory, 'aws.sealed') },
      { kind: 'entry', path: at.config, format: 'aws-config' },
    ])
    const [sealed, config] = await sink.contents(at.delivery())
    expect(JSON.parse(sealed?.content ?? '')).toEqual({
      Version: 1,
      AccessKeyId: 'ASIAFAKE',
      SecretAccessKey: 'a/b+c=',
      SessionToken: 'tok==',
      Expiration: '2026-11-22T12:20:00.000Z', // the time fence is earlier than the session and the lease
      AccountId: '111122223333',
    })
    expect(sealed?.secrets).toEqual(['ASIAFAKE', 'a/b+c=', 'tok=='])
    expect(config).toEqual({
      content: [
        '[profile jit-prod-db]',
        'region = us-gov-west-1',
        "credential_process = /usr/bin/node '/opt/my jit/bin/jit.js' credential-process prod-db",
        'x_jit_grant = g_1',
      ].join('\n'),
      secrets: [],
    })
  })

  test('keys of that profile in the credentials file, which would win, are refused; those of an earlier lease are not', async () => {
    using at = setUp()
    const sink = awsProcess(at.deps)
    at.home.put('[jit-prod-db]\naws_access_key_id = AKIAUSER\n')
    expect(() => sink.plan(at.intent)).toThrow(expect.objectContaining({ code: 'PROFILE_TAKEN' }))
    at.home.put(
      '# >>> jit g_0 exp=9 nl=0 >>>\n[jit-prod-db]\naws_access_key_id = ASIA\nx_jit_grant = g_0\n# <<< jit g_0 <<<\n',
    )
    expect(await sink.plan(at.intent)).toHaveLength(2)
  })

  test('as the default: in the credentials file, and in the config file where the user’s default has a source of its own', async () => {
    using at = setUp()
    const sink = awsProcess(at.deps)
    const section = (content: string | undefined): string | undefined => /\[default\][^]*/.exec(content ?? '')?.[0]
    expect((await sink.plan({ ...at.intent, asDefault: true })).map(({ path }) => path)).toEqual([
      join(at.intent.directory, 'aws.sealed'),
      at.config,
      at.home.credentials,
    ])
    const [, config, credentials] = await sink.contents(at.delivery({}, true))
    expect(section(config?.content)).toBeUndefined()
    expect(credentials?.content).toMatch(
      /^\[default\]\nregion = us-gov-west-1\ncredential_process = .*\nx_jit_grant = g_1$/,
    )
    at.home.put('[default]\nsso_session = corp\n', 0o600, at.config)
    expect(section((await sink.contents(at.delivery({}, true)))[1]?.content)).toMatch(/^\[default\]\nregion = /)
  })

  test('files that the user has put elsewhere', async () => {
    using at = setUp({ AWS_CONFIG_FILE: '~/my/config', AWS_SHARED_CREDENTIALS_FILE: '/keys' })
    const planned = await awsProcess(at.deps).plan({ ...at.intent, asDefault: true })
    expect(planned.slice(1).map(({ path }) => path)).toEqual([join(at.home.home, 'my/config'), '/keys'])
  })

  test('a program that cannot be written down is refused before anything is', () => {
    using at = setUp()
    const sink = awsProcess({ ...at.deps, program: ['C:\\Program Files\\100% node.exe', 'jit.js'] })
    expect(() => sink.contents(at.delivery())).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })
})

describe('AWS, mode isolated', () => {
  test('two files of its own, found through variables, the region of the grant among them', async () => {
    using at = setUp({ AWS_REGION: 'mars' })
    const sink = awsIsolated(at.deps)
    const planned = await sink.plan(at.intent)
    expect(planned.map(({ kind }) => kind)).toEqual(['own', 'own'])
    mkdirSync(at.intent.directory, { recursive: true })
    for (const [index, content] of (await sink.contents(at.delivery())).entries())
      writeFileSync(planned[index]?.path ?? '', content?.content ?? '')
    expect(sink.environment(at.intent)).toEqual({
      AWS_CONFIG_FILE: join(at.intent.directory, 'aws-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(at.intent.directory, 'aws-credentials'),
      AWS_PROFILE: 'jit-prod-db',
      AWS_REGION: 'us-gov-west-1',
      AWS_DEFAULT_REGION: 'us-gov-west-1',
    })
    expect((await sink.contents(at.delivery())).map((content) => content?.secrets.length)).toEqual([0, 3])
  })
})

describe('AWS, mode files', () => {
  test('one entry; as the default a second section in it', async () => {
    using at = setUp()
    const sink = awsFiles(at.deps)
    expect(await sink.plan(at.intent)).toEqual([
      { kind: 'entry', path: at.home.credentials, format: 'aws-credentials' },
    ])
    const [credentials, config] = await sink.contents(at.delivery({}, true))
    expect(credentials?.content.match(/^\[.*\]$|^aws_session_token.*$/gm)).toEqual([
      '[jit-prod-db]',
      'aws_session_token = tok==',
      '[default]',
      'aws_session_token = tok==',
    ])
    expect(config).toBeUndefined() // the user's own settings go on
  })

  test('a default of the user’s that would be asked before ours is set aside in the config file, without a secret', async () => {
    using at = setUp()
    at.home.put('[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = y\n', 0o600, at.config)
    const [, config] = await awsFiles(at.deps).contents(at.delivery({}, true))
    expect(config?.content).toMatch(
      /^\[default\]\nregion = us-gov-west-1\nx_security_token_expires = .*\nx_jit_grant = g_1$/,
    )
    expect(config?.secrets).toEqual([])
  })
})

test.each(['process', 'isolated', 'files'])(
  '%s: a region that would lead SDKs to another host is not written',
  (mode) => {
    using at = setUp()
    const sink = [awsProcess(at.deps), awsIsolated(at.deps), awsFiles(at.deps)].find((each) => each.mode === mode)
    const odd = at.delivery({ region: 'x.attacker.example/' })
    expect(() => sink?.contents(odd)).toThrow(expect.objectContaining({ code: 'ENDPOINT_INVALID' }))
  },
)
