import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../../src/base/errors.ts'
import { markOf } from '../../../../../src/client/sinks/clouds/gcloud-configuration.ts'
import { gcpExecutableAnswer } from '../../../../../src/client/sinks/clouds/gcp-executable.ts'
import { gcpFiles } from '../../../../../src/client/sinks/clouds/gcp-files.ts'
import { gcpIsolated } from '../../../../../src/client/sinks/clouds/gcp-isolated.ts'
import { gcloudTokenVariables, gcpProcess } from '../../../../../src/client/sinks/clouds/gcp-process.ts'
import type { Intent } from '../../../../../src/client/sinks/clouds/types.ts'
import { wipePointer, writePointer } from '../../../../../src/client/sinks/pointer-file.ts'
import { nodeFileSystem } from '../../../../../src/platform/files.ts'
import { deliver, ENDS_AT, FEDERATED, IMPERSONATED, intentIn, put, sinkDeps } from '../../../../support/gcp-delivery.ts'
import { TempHome } from '../../../../support/temp-home.ts'

const SINKS = { files: gcpFiles, isolated: gcpIsolated, process: gcpProcess }
const MODES = ['files', 'isolated', 'process'] as const
const gcloud = (home: TempHome, ...path: string[]): string => join(home.home, '.config/gcloud', ...path)
const pointerOf = (home: TempHome, intent: Intent) => {
  const found = gcpFiles(sinkDeps(home))
    .plan(intent)
    .find(({ kind }) => kind === 'pointer')
  if (found?.kind !== 'pointer') throw new Error('no pointer was planned')
  return found
}

describe.each(MODES)('gcp-%s', (mode) => {
  test('has one content for each planned file, and nothing secret in what it says or sets', () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = intentIn(home)
    const plan = sink.plan(intent)
    const contents = sink.contents({ ...intent, endsAt: ENDS_AT, credential: FEDERATED })
    expect(contents).toHaveLength(plan.length)
    deliver(sink, intent, FEDERATED)
    const said = JSON.stringify([sink.environment(intent), sink.usage(intent), plan])
    for (const secret of [FEDERATED.accessToken, FEDERATED.subjectToken]) {
      expect(said).not.toContain(secret)
      expect(contents.flatMap((each) => each?.secrets ?? [])).toContain(secret)
      const holding = contents.filter((each) => each?.content.includes(secret) === true)
      expect(holding.map((each) => each?.secrets)).toEqual([[secret]])
    }
  })

  test('what leads to a secret comes after it', () => {
    using home = new TempHome()
    const paths = SINKS[mode](sinkDeps(home))
      .plan(intentIn(home))
      .map(({ path }) => path)
    const at = (end: string): number => paths.findIndex((path) => path.endsWith(end))
    expect(at('.access-token')).toBeGreaterThanOrEqual(0)
    expect(at('.access-token')).toBeLessThan(at('config_jit-prod'))
    expect(at('.subject-token')).toBeLessThan(at('.adc.json'))
    expect(at('config_jit-prod')).toBeLessThan(at('active_config'))
  })

  test('an impersonated account has no credentials for SDKs, and the words say so', () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = intentIn(home)
    deliver(sink, intent, IMPERSONATED)
    expect(Object.keys(sink.environment(intent))).not.toContain('GOOGLE_APPLICATION_CREDENTIALS')
    expect(sink.usage(intent).join('\n')).toContain('no SDK')
    expect(home.filesHolding('external_account')).toEqual([])
  })

  test('names the project for libraries that would ask for it', () => {
    using home = new TempHome()
    const sink = SINKS[mode](sinkDeps(home))
    const intent = intentIn(home)
    expect(Object.keys(sink.environment(intent))).not.toContain('GOOGLE_CLOUD_PROJECT') // nothing delivered yet
    deliver(sink, intent, FEDERATED)
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
  test('writes a configuration that says whose it is, until when, and that logs nothing', () => {
    using home = new TempHome()
    const intent = intentIn(home)
    deliver(gcpFiles(sinkDeps(home)), intent, { ...FEDERATED, region: 'europe-west1' })
    expect(
      home.text(gcloud(home, 'configurations', 'config_jit-prod')),
    ).toBe(`# Made by jit, which removes it when the grant ends.
[core]
account = alice%%20b@corp.example
project = prod-1
disable_file_logging = True

[auth]
access_token_file = ${intent.directory}/gcp-jit-prod.access-token

[compute]
region = europe-west1

[jit]
lease = g_1 until ${ENDS_AT / 1000}
`)
  })

  test('the credentials of SDKs read the grant token from its file and go to Google alone', () => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = gcpFiles(sinkDeps(home))
    deliver(sink, intent, FEDERATED)
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
    ['that only speaks of jit', '# lease = g_1 until 5\n[core]\nproject = jit\n'],
  ])('a configuration of this name %s is not touched', (_name, theirs) => {
    using home = new TempHome()
    put(gcloud(home, 'configurations', 'config_jit-prod'), theirs)
    expect(() => gcpFiles(sinkDeps(home)).plan(intentIn(home))).toThrow(
      expect.objectContaining({ code: 'PROFILE_TAKEN' }),
    )
  })

  test('nor one behind a link, nor gcloud’s own default', () => {
    using home = new TempHome()
    put(join(home.home, 'dotfiles'), '[core]\n')
    mkdirSync(gcloud(home, 'configurations'), { recursive: true })
    symlinkSync(join(home.home, 'dotfiles'), gcloud(home, 'configurations', 'config_jit-prod'))
    const sink = gcpFiles(sinkDeps(home))
    expect(() => sink.plan(intentIn(home))).toThrow(expect.objectContaining({ code: 'PROFILE_TAKEN' }))
    expect(() => sink.plan({ ...intentIn(home), profile: 'default' })).toThrow(
      expect.objectContaining({ code: 'PROFILE_TAKEN' }),
    )
  })

  test('a configuration of an earlier lease is taken over, and is no longer the earlier one’s', () => {
    using home = new TempHome()
    const sink = gcpFiles(sinkDeps(home))
    const [one, two] = [intentIn(home, 'g_1'), intentIn(home, 'g_12')]
    deliver(sink, one, FEDERATED)
    deliver(sink, two, FEDERATED)
    const text = home.text(gcloud(home, 'configurations', 'config_jit-prod')) ?? ''
    const held = (intent: Intent) =>
      sink.plan(intent).flatMap((file) => ('held' in file && file.held ? [file.held] : []))
    expect(held(two)).toHaveLength(3)
    expect(held(two).every((each) => text.includes(each.text))).toBe(true)
    expect(held(one).some((each) => text.includes(each.text))).toBe(false)
  })

  test('CLOUDSDK_CONFIG is where it writes', () => {
    using home = new TempHome()
    const sink = gcpFiles({ ...sinkDeps(home), env: { CLOUDSDK_CONFIG: '/elsewhere' } })
    const users = sink.plan(intentIn(home)).filter((file) => 'held' in file)
    expect(users.map(({ path }) => path)).toEqual([
      '/elsewhere/configurations/config_jit-prod',
      '/elsewhere/jit-prod_configs.db',
      '/elsewhere/active_config',
    ])
  })

  test('strays are found by their marks, those of others are not', () => {
    using home = new TempHome()
    const sink = gcpFiles(sinkDeps(home))
    expect(sink.strays?.()).toEqual([])
    put(gcloud(home, 'active_config'), 'mine')
    put(gcloud(home, 'configurations', 'config_mine'), '[core]\n')
    deliver(sink, intentIn(home), FEDERATED)
    const planned = sink.plan(intentIn(home)).filter((file) => 'held' in file)
    expect(sink.strays?.()).toEqual([{ lease: 'g_1', expiresAt: ENDS_AT / 1000, before: 'mine', files: planned }])
  })
})

describe('the active configuration', () => {
  const active = (home: TempHome): string | undefined => home.text(gcloud(home, 'active_config'))
  const begin = (home: TempHome, before: string | undefined): void => {
    if (before !== undefined) put(gcloud(home, 'active_config'), before, 0o640)
  }

  test('is not written without asDefault', () => {
    using home = new TempHome()
    begin(home, 'mine')
    deliver(gcpFiles(sinkDeps(home)), intentIn(home), FEDERATED)
    expect(active(home)).toBe('mine')
  })

  test.each([['mine'], ['NONE'], ['default'], [undefined]])(
    'with asDefault is ours, and %s again afterwards',
    (before) => {
      using home = new TempHome()
      begin(home, before)
      const intent = { ...intentIn(home), asDefault: true }
      const pointer = pointerOf(home, intent)
      deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
      expect(active(home)).toBe('jit-prod') // without an end of line, which gcloud would not forgive
      expect(wipePointer(nodeFileSystem, pointer, 'g_1')).toBe(true)
      expect(active(home)).toBe(before)
      if (before !== undefined) expect(home.mode(gcloud(home, 'active_config'))).toBe(0o640)
      expect(wipePointer(nodeFileSystem, pointer, 'g_1')).toBe(false)
    },
  )

  test('that the user made ours himself is his old one again afterwards', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const intent = intentIn(home)
    const pointer = pointerOf(home, intent)
    deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
    put(gcloud(home, 'active_config'), 'jit-prod')
    wipePointer(nodeFileSystem, pointer, 'g_1')
    expect(active(home)).toBe('mine')
  })

  test('that the user chose meanwhile stays', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const intent = { ...intentIn(home), asDefault: true }
    const pointer = pointerOf(home, intent)
    deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
    put(gcloud(home, 'active_config'), 'other')
    expect(wipePointer(nodeFileSystem, pointer, 'g_1')).toBe(false)
    expect(active(home)).toBe('other')
  })

  test('stays with a later lease of the same name when the earlier one ends', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const sink = gcpFiles(sinkDeps(home))
    const [one, two] = [intentIn(home, 'g_1'), intentIn(home, 'g_2')].map((intent) => ({ ...intent, asDefault: true }))
    if (one === undefined || two === undefined) throw new Error('two leases')
    const first = pointerOf(home, one)
    deliver(sink, one, FEDERATED)
    const second = pointerOf(home, two)
    deliver(sink, two, FEDERATED)
    wipePointer(nodeFileSystem, first, 'g_1')
    expect(active(home)).toBe('jit-prod')
    wipePointer(nodeFileSystem, second, 'g_2')
    expect(active(home)).toBe('mine')
  })

  test('of two targets in any order of ends is the user’s own again at last', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.option(fc.constantFrom('mine', 'NONE')), (swap, both, before) => {
        using home = new TempHome('memory')
        begin(home, before ?? undefined)
        const sink = gcpFiles(sinkDeps(home))
        const one = { ...intentIn(home, 'g_1'), asDefault: true }
        const two = { ...intentIn(home, 'g_2'), profile: 'jit-other', asDefault: both }
        const first = pointerOf(home, one)
        deliver(sink, one, FEDERATED)
        const second = pointerOf(home, two)
        deliver(sink, two, FEDERATED)
        const ends = [() => wipePointer(nodeFileSystem, first, 'g_1'), () => wipePointer(nodeFileSystem, second, 'g_2')]
        for (const end of swap ? ends.toReversed() : ends) end()
        expect(active(home)).toBe(before ?? undefined)
      }),
    )
  })

  test('a file behind a link is written through it', () => {
    using home = new TempHome()
    const real = join(home.home, 'dotfiles', 'active')
    put(real, 'mine')
    mkdirSync(gcloud(home), { recursive: true })
    symlinkSync(real, gcloud(home, 'active_config'))
    const pointer = pointerOf(home, intentIn(home))
    expect(pointer.before).toBe('mine')
    writePointer(nodeFileSystem, pointer, 'g_1')
    expect(home.text(real)).toBe('jit-prod')
    expect(home.names().filter((name) => name.includes('tmp'))).toEqual([])
  })
})

describe('the mark', () => {
  test('is found after gcloud has written the file anew, which drops comments', () => {
    const text = '[core]\naccount = a\n\n[jit]\nlease = g_1 until 1763787600\nbefore = mine\n\n[compute]\nzone = z\n\n'
    expect(markOf(text)).toEqual({ lease: 'g_1', expiresAt: 1763787600, before: 'mine' })
    expect(markOf(text.replaceAll('\n', '\r\n'))).toEqual({ lease: 'g_1', expiresAt: 1763787600, before: 'mine' })
  })
  test('is none in another section', () => {
    expect(markOf('[jit]\n\n[core]\nlease = g_1 until 1763787600\n')).toBeUndefined()
  })
})

describe('gcp-isolated and gcp-process', () => {
  test.each([gcpIsolated, gcpProcess])('touch nothing outside the lease’s directory', (make) => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = make(sinkDeps(home))
    for (const { path } of sink.plan(intent)) expect(path.startsWith(`${intent.directory}/`)).toBe(true)
    deliver(sink, intent, FEDERATED)
    expect(home.names()).toEqual([])
    expect(sink.environment(intent)).toMatchObject({
      CLOUDSDK_CONFIG: join(intent.directory, 'gcloud-jit-prod'),
      CLOUDSDK_ACTIVE_CONFIG_NAME: 'jit-prod',
    })
  })

  test('in process mode no token is planned for the disk but sealed, and gcloud’s directory has none', () => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = gcpProcess(sinkDeps(home))
    const plan = sink.plan(intent)
    const contents = sink.contents({ ...intent, endsAt: ENDS_AT, credential: FEDERATED })
    for (const [index, content] of contents.entries())
      if ((content?.secrets.length ?? 0) > 0) expect(plan[index]?.kind).toBe('sealed')
    expect(contents.map((each) => each?.content).join('')).not.toContain('access_token_file')
    expect(gcloudTokenVariables('ya29.x')).toEqual({ CLOUDSDK_AUTH_ACCESS_TOKEN: 'ya29.x' })
  })

  test('in process mode SDKs start jit, which they can only where no path holds a space', () => {
    using home = new TempHome()
    const intent = intentIn(home)
    const sink = gcpProcess(sinkDeps(home))
    deliver(sink, intent, FEDERATED)
    const adc: unknown = JSON.parse(home.text(sink.environment(intent)['GOOGLE_APPLICATION_CREDENTIALS']) ?? '')
    expect(adc).toMatchObject({
      credential_source: {
        executable: { command: '/usr/bin/node /opt/jit/bin/jit.js gcp-credential prod', timeout_millis: 10_000 },
      },
    })
    expect(sink.environment(intent)).toMatchObject({ GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' })
    expect(sink.obstacle?.(intent)).toBeUndefined()
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
