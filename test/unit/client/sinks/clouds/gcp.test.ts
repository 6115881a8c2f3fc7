import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../../src/base/errors.ts'
import { markOf } from '../../../../../src/client/sinks/clouds/gcloud-configuration.ts'
import { gcpExecutableAnswer } from '../../../../../src/client/sinks/clouds/gcp-executable.ts'
import { gcpFiles } from '../../../../../src/client/sinks/clouds/gcp-files.ts'
import { gcpIsolated } from '../../../../../src/client/sinks/clouds/gcp-isolated.ts'
import { gcloudTokenVariables } from '../../../../../src/client/sinks/clouds/gcloud-token.ts'
import { gcpProcess } from '../../../../../src/client/sinks/clouds/gcp-process.ts'
import {
  deliver,
  ENDS_AT,
  FEDERATED,
  gcloudIn,
  IMPERSONATED,
  intentIn,
  put,
  sinkDeps,
} from '../../../../support/gcp-delivery.ts'
import { TempHome } from '../../../../support/temp-home.ts'

const SINKS = { files: gcpFiles, isolated: gcpIsolated, process: gcpProcess }
const MODES = ['files', 'isolated', 'process'] as const

describe.each(MODES)('gcp-%s', (mode) => {
  test('has one content for each planned file, and nothing secret in what it says or sets', async () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = intentIn(home)
    const plan = await sink.plan(intent)
    const contents = await sink.contents({ ...intent, endsAt: ENDS_AT, credential: FEDERATED })
    expect(contents).toHaveLength(plan.length)
    await deliver(sink, intent, FEDERATED)
    const said = JSON.stringify([sink.environment(intent), sink.usage(intent), plan])
    for (const secret of [FEDERATED.accessToken, FEDERATED.subjectToken]) {
      expect(said).not.toContain(secret)
      expect(contents.flatMap((each) => each?.secrets ?? [])).toContain(secret)
      const holding = contents.filter((each) => each?.content.includes(secret) === true)
      expect(holding.map((each) => each?.secrets)).toEqual([[secret]])
    }
  })

  test('what leads to a secret comes after it', async () => {
    using home = new TempHome()
    const planned = await SINKS[mode](sinkDeps(home)).plan(intentIn(home))
    const paths = planned.map(({ path }) => path)
    const at = (end: string): number => paths.findIndex((path) => path.endsWith(end))
    expect(at('.access-token')).toBeGreaterThanOrEqual(0)
    expect(at('.access-token')).toBeLessThan(at('config_jit-prod'))
    expect(at('.subject-token')).toBeLessThan(at('.adc.json'))
    expect(at('config_jit-prod')).toBeLessThan(at('active_config'))
  })

  test('a line to copy exports the path, whatever is in it', async () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = { ...intentIn(home), directory: join(home.root, "Application Support/it's $(exit 1)/g_1.1") }
    await deliver(sink, intent, FEDERATED)
    const line = sink.usage(intent).find((each) => each.startsWith('export GOOGLE_APPLICATION_CREDENTIALS='))
    const shown = execFileSync('sh', ['-c', `${line}\nprintf %s "$GOOGLE_APPLICATION_CREDENTIALS"`], {
      encoding: 'utf8',
    })
    expect(shown).toBe(join(intent.directory, 'gcp-jit-prod.adc.json'))
  })

  test('an impersonated account has no credentials for SDKs, and the words say so', async () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = intentIn(home)
    await deliver(sink, intent, IMPERSONATED)
    expect(Object.keys(sink.environment(intent))).not.toContain('GOOGLE_APPLICATION_CREDENTIALS')
    expect(sink.usage(intent).join('\n')).toContain('no SDK')
    expect(home.filesHolding('external_account')).toEqual([])
  })

  test('names the project for libraries that would ask for it', async () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = intentIn(home)
    expect(Object.keys(sink.environment(intent))).not.toContain('GOOGLE_CLOUD_PROJECT') // nothing delivered yet
    await deliver(sink, intent, FEDERATED)
    expect(sink.environment(intent)).toMatchObject({ GOOGLE_CLOUD_PROJECT: 'prod-1', CLOUDSDK_CORE_PROJECT: 'prod-1' })
  })

  const unsafe: readonly (readonly [string, object])[] = [
    ['a project with a line break', { project: 'p\n[auth]' }],
    ['a principal with a line break', { principal: 'alice\naccess_token_file = /etc/passwd' }],
    ['an empty principal', { principal: '' }],
    ['a region with a dot', { region: 'evil.example/' }],
    ['an access token with a blank', { accessToken: 'ya29.abcdefgh ijklmnop' }],
    ['a grant token with a line break', { subjectToken: 'eyJhbGciOiJSUzI1NiJ9\nx' }],
    ['an audience that is a URL', { audience: 'https://evil.example/' }],
    ['a workforce audience', { audience: '//iam.googleapis.com/locations/global/workforcePools/p/providers/x' }],
  ]
  test.each(unsafe)('refuses %s', (_name, odd) => {
    using home = new TempHome()
    const delivery = { ...intentIn(home), endsAt: ENDS_AT, credential: { ...FEDERATED, ...odd } }
    expect(() => SINKS[mode](sinkDeps(home)).contents(delivery)).toThrow(
      expect.objectContaining({ code: 'ENDPOINT_INVALID' }),
    )
  })
})

describe('gcp-files', () => {
  test('writes a configuration that says whose it is, until when, and that logs nothing', async () => {
    using home = new TempHome()
    const intent = intentIn(home)
    await deliver(gcpFiles(sinkDeps(home)), intent, { ...FEDERATED, region: 'europe-west1' })
    expect(
      home.text(gcloudIn(home, 'configurations', 'config_jit-prod')),
    ).toBe(`# Made by jit, which removes it when the grant ends.
[jit]
mark = jit g_1 exp=${ENDS_AT / 1000}

[core]
account = alice%%20b@corp.example
project = prod-1
disable_file_logging = True

[auth]
access_token_file = ${intent.directory}/gcp-jit-prod.access-token

[compute]
region = europe-west1
`)
  })

  test('the credentials of SDKs read the grant token from its file and go to Google alone', async () => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = gcpFiles(sinkDeps(home))
    await deliver(sink, intent, FEDERATED)
    const adc: unknown = JSON.parse(home.text(sink.environment(intent)['GOOGLE_APPLICATION_CREDENTIALS']) ?? '')
    expect(adc).toEqual({
      universe_domain: 'googleapis.com',
      type: 'external_account',
      audience: FEDERATED.audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: join(intent.directory, 'gcp-jit-prod.subject-token') },
    })
  })

  test.each([
    ['of the user’s own', '[core]\nproject = mine\n'],
    ['with nothing in it', ''],
    ['that only speaks of jit', '# >>> jit g_1 exp=5 nl=0 >>>\n[core]\nproject = jit\n'],
  ])('a configuration of this name %s is not touched', (_name, theirs) => {
    using home = new TempHome()
    put(gcloudIn(home, 'configurations', 'config_jit-prod'), theirs)
    expect(() => gcpFiles(sinkDeps(home)).plan(intentIn(home))).toThrow(
      expect.objectContaining({ code: 'PROFILE_TAKEN' }),
    )
  })

  test('nor one behind a link, nor gcloud’s own default', () => {
    using home = new TempHome()
    put(join(home.home, 'dotfiles'), '[core]\n')
    mkdirSync(gcloudIn(home, 'configurations'), { recursive: true })
    symlinkSync(join(home.home, 'dotfiles'), gcloudIn(home, 'configurations', 'config_jit-prod'))
    const sink = gcpFiles(sinkDeps(home))
    expect(() => sink.plan(intentIn(home))).toThrow(expect.objectContaining({ code: 'PROFILE_TAKEN' }))
    expect(() => sink.plan({ ...intentIn(home), profile: 'default' })).toThrow(
      expect.objectContaining({ code: 'PROFILE_TAKEN' }),
    )
  })

  test('a configuration of an earlier lease is taken over', async () => {
    using home = new TempHome()
    const sink = gcpFiles(sinkDeps(home))
    await deliver(sink, intentIn(home, 'g_1'), FEDERATED)
    await deliver(sink, intentIn(home, 'g_2'), FEDERATED)
    expect(markOf(home.read(gcloudIn(home, 'configurations', 'config_jit-prod')))).toMatchObject({ lease: 'g_2' })
  })

  test('CLOUDSDK_CONFIG is where it writes', async () => {
    using home = new TempHome()
    const sink = gcpFiles({ ...sinkDeps(home), env: { CLOUDSDK_CONFIG: '/elsewhere' } })
    const users = (await sink.plan(intentIn(home))).filter(({ path }) => !path.startsWith(home.root))
    expect(users.map(({ path }) => path)).toEqual([
      '/elsewhere/configurations/config_jit-prod',
      '/elsewhere/jit-prod_configs.db',
      '/elsewhere/active_config',
    ])
  })

  test('a relative CLOUDSDK_CONFIG is made absolute, since the wipe runs elsewhere', async () => {
    using home = new TempHome()
    const sink = gcpFiles({ ...sinkDeps(home), env: { CLOUDSDK_CONFIG: 'own' } })
    for (const file of await sink.plan(intentIn(home)))
      expect(
        [file.path, 'held' in file ? file.held?.path : '/'].every((path) => path === undefined || isAbsolute(path)),
      ).toBe(true)
  })

  test('a name in active_config that gcloud cannot read is left alone, and cannot be given back: refused as the default', () => {
    using home = new TempHome()
    put(gcloudIn(home, 'active_config'), 'work\n')
    const sink = gcpFiles(sinkDeps(home))
    expect(() => sink.plan({ ...intentIn(home), asDefault: true })).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    )
    expect(sink.plan({ ...intentIn(home), asDefault: false })).not.toEqual([])
  })

  test('strays are found by their marks, those of others are not', async () => {
    using home = new TempHome()
    const sink = gcpFiles(sinkDeps(home))
    expect(sink.strays?.()).toEqual([])
    put(gcloudIn(home, 'active_config'), 'mine')
    put(gcloudIn(home, 'configurations', 'config_mine'), '[core]\n')
    await deliver(sink, intentIn(home), FEDERATED)
    const files = (await sink.plan(intentIn(home))).filter(({ path }) => path.startsWith(gcloudIn(home)))
    expect(files.map(({ kind }) => kind)).toEqual(['own', 'debris', 'pointer'])
    expect(sink.strays?.()).toEqual([{ lease: 'g_1', expiresAt: ENDS_AT / 1000, files }])
  })
})

describe('the mark', () => {
  const mark = { lease: 'g_1', expiresAt: 1763787600, before: 'mine' }
  test('is found after gcloud has written the file anew, which drops comments', () => {
    const text = '[jit]\nmark = jit g_1 exp=1763787600\nbefore = mine\n\n[core]\naccount = a\n\n[compute]\nzone = z\n\n'
    expect(markOf(Buffer.from(text))).toEqual(mark)
    expect(markOf(Buffer.from(text.replaceAll('\n', '\r\n')))).toEqual(mark)
  })
  test('is none where there is none', () => {
    expect(markOf(Buffer.from('[core]\nbefore = mine\n'))).toBeUndefined()
    expect(markOf(undefined)).toBeUndefined()
  })
})

describe('gcp-isolated and gcp-process', () => {
  test.each([gcpIsolated, gcpProcess])('touch nothing outside the lease’s directory', async (make) => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = make(sinkDeps(home))
    for (const { path } of await sink.plan(intent)) expect(path.startsWith(`${intent.directory}/`)).toBe(true)
    await deliver(sink, intent, FEDERATED)
    expect(home.names()).toEqual([])
    expect(sink.environment(intent)).toMatchObject({
      CLOUDSDK_CONFIG: join(intent.directory, 'gcloud-jit-prod'),
      CLOUDSDK_ACTIVE_CONFIG_NAME: 'jit-prod',
    })
  })

  test('in process mode no token is planned for the disk but sealed, and gcloud’s directory has none', async () => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = gcpProcess(sinkDeps(home))
    const plan = await sink.plan(intent)
    const contents = await sink.contents({ ...intent, endsAt: ENDS_AT, credential: FEDERATED })
    const secret = plan.filter((_file, index) => (contents[index]?.secrets.length ?? 0) > 0)
    expect(secret.map(({ kind }) => kind)).toEqual(['sealed', 'sealed'])
    expect(contents.map((each) => each?.content).join('')).not.toContain('access_token_file')
    expect(gcloudTokenVariables('ya29.x')).toEqual({ CLOUDSDK_AUTH_ACCESS_TOKEN: 'ya29.x' })
  })

  test('in process mode SDKs start jit, which they can only where no path holds a space', async () => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = gcpProcess(sinkDeps(home))
    await deliver(sink, intent, FEDERATED)
    const adc: unknown = JSON.parse(home.text(sink.environment(intent)['GOOGLE_APPLICATION_CREDENTIALS']) ?? '')
    expect(adc).toMatchObject({
      credential_source: {
        executable: { command: '/usr/bin/node /opt/jit/bin/jit.js gcp-credential prod', timeout_millis: 10_000 },
      },
    })
    expect(sink.environment(intent)).toMatchObject({ GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' })
    expect(await sink.obstacle?.(intent)).toBeUndefined()
    for (const program of ['/home/a b/jit', '/x/"jit"', ''])
      expect(gcpProcess({ ...sinkDeps(home), program: ['/usr/bin/node', program] }).obstacle?.(intent)).toContain(
        'cannot start',
      )
  })
})

describe('the answer to Google’s libraries', () => {
  test('is the grant token with its end', () => {
    expect(gcpExecutableAnswer({ subjectToken: 'eyJ.a.b', endsAt: 1_763_787_600_999 })).toEqual({
      version: 1,
      success: true,
      token_type: 'urn:ietf:params:oauth:token-type:jwt',
      id_token: 'eyJ.a.b',
      expiration_time: 1_763_787_600,
    })
  })
  test('or the reason and what to type', () => {
    const failed = new JitError('NOT_FOUND', 'No active grant for prod.', 'Type: jit elevate prod')
    expect(gcpExecutableAnswer(failed)).toEqual({
      version: 1,
      success: false,
      code: 'NOT_FOUND',
      message: 'jit: No active grant for prod. Type: jit elevate prod',
    })
  })
})
