import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { endpointHome } from '../support/endpoint-process.ts'

const BIN = resolve('bin/jit-endpoint.js')
const CLIENTS = { browser: 'jit-browser', device: 'jit-device' }
const IDP = { issuer: 'http://127.0.0.1:9', clients: CLIENTS }
const POLICY =
  'permit (principal, action == Action::"request", resource);\n@id("x") permit (principal, action == Action::"autoApprove", resource);\n'
const ROLE = 'arn:aws:iam::123456789012:role/jit'
const TARGETS = `targets:\n  - { name: prod-db, maxDuration: 1h, aws: { role: "${ROLE}", region: eu-central-1 } }\n`

async function home(
  more = TARGETS,
  policy = '@id("a") permit (principal, action == Action::"request", resource);\n@id("b") permit (principal, action == Action::"approve", resource);\n',
) {
  const made = await endpointHome({ ...IDP, policy, more })
  onTestFinished(() => made.remove())
  return made
}

describe('setting up', () => {
  test('init writes files to start from, check names what is blank, and neither is overwritten', async () => {
    const { command, directory } = await home()
    const site = join(directory, 'new')
    expect(command('init', site)).toMatchObject({ code: 0, out: '' })
    const before = readFileSync(join(site, 'jit-endpoint.yaml'), 'utf8')
    const checked = command('check', '--config', join(site, 'jit-endpoint.yaml'))
    expect(checked.code).toBe(2)
    expect(checked.err).toMatch(/jit-endpoint\.yaml:\d+: idp\.clients\.browser: /)
    expect(command('init', site)).toMatchObject({ code: 8, err: expect.stringContaining('it exists') })
    expect(readFileSync(join(site, 'jit-endpoint.yaml'), 'utf8')).toBe(before)
    expect(command('init', directory)).toMatchObject({ code: 8, err: expect.stringContaining('it exists') })
  })

  test('init writes nothing where the policy is there already', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'jit-init-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'policy.cedar'), POLICY)
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'init', directory], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([8, expect.stringContaining('policy.cedar was not written: it exists')])
    expect(readdirSync(directory)).toEqual(['policy.cedar'])
  })

  test('the database of a configuration that init wrote lies in a directory of its own user', async () => {
    const { command, directory } = await home()
    const [site, config] = [join(directory, 'new'), join(directory, 'new/jit-endpoint.yaml')]
    expect(command('init', site).code).toBe(0)
    const written = readFileSync(config, 'utf8')
    writeFileSync(config, written.replace('browser: ""', 'browser: x').replaceAll('role: ""', `role: ${ROLE}`))
    expect(command('keys', 'rotate', '--config', config)).toMatchObject({ code: 0 })
    expect(readdirSync(site).toSorted()).toEqual(['data', 'jit-endpoint.yaml', 'policy.cedar'])
    expect(statSync(join(site, 'data')).mode & 0o777).toBe(0o700)
    expect(statSync(join(site, 'data/jit-endpoint.sqlite')).mode & 0o777).toBe(0o600)
  })

  test.skipIf(!existsSync('/proc/self'))('init where nothing can be made is one sentence and 8', () => {
    const forGood = { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' } as const
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'init', '/proc/jit/site'], forGood)
    expect([status, stderr]).toEqual([8, expect.stringMatching(/^\/proc\/jit\/site\/.* was not written: ENOENT/)])
  })

  test('check reads configuration, policy and database, and makes nothing', async () => {
    const { command, config, url, directory } = await home()
    const { code, out } = command('check', '--config', config, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ endpoint: url, targets: 1, database: 'none', keys: [] })
    expect(readdirSync(directory).toSorted()).toEqual(['jit-endpoint.yaml', 'policy.cedar'])
  })

  test('check shows the pipelines, and says by line which one is matched by a name alone', async () => {
    const workloads = (match: string): string =>
      `${TARGETS}workloads:\n  issuers: [{ preset: github }]\n  pipelines: [{ name: deploy, issuer: github, match: ${match} }]\n`
    const good = await home(workloads('{ repository_id: "1", ref: x }'))
    const { code, err } = good.command('check', '--config', good.config)
    expect([code, err]).toEqual([0, expect.stringContaining('Pipeline deploy: jobs of github, started by push, ')])
    expect(err).toMatch(/^Warning: .*ref: tokens of github write the whole name .* no job will match "x"\.$/m)
    const bad = await home(workloads('{ repository: octo/app }'))
    expect(bad.command('check', '--config', bad.config)).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /jit-endpoint\.yaml:\d+: workloads\.pipelines\[0\]\.match: .* names can be taken over/,
      ),
    })
  })

  test('a configuration that is not there is 2, and says how to write one', async () => {
    const { command } = await home()
    for (const name of ['check', 'serve']) {
      const { code, err } = command(name, '--config', 'nowhere.yaml')
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^nowhere\.yaml: .*ENOENT.*\n.*--config, .*jit-endpoint init DIR\n$/),
      ])
    }
  })

  test.each([
    ['the policy', TARGETS, 'permit (principal, action == Action::"reqest", resource);\n', /policy\.cedar:1: /],
    ['the configuration', `${TARGETS}tragets: []\n`, POLICY, /jit-endpoint\.yaml:\d+: .*tragets/],
    [
      'the proxies',
      `${TARGETS}trustedProxies: [10.0.0.0/99]\n`,
      POLICY,
      /trustedProxies: 10\.0\.0\.0\/99 is no address/,
    ],
  ])('check and serve say where %s is wrong', async (_, more, policy, sentence) => {
    const { command, config } = await home(more, policy)
    for (const name of ['check', 'serve']) {
      const { code, err, out } = command(name, '--config', config)
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(sentence)
    }
  })

  test('trust aws prints Terraform for this issuer', async () => {
    const { command, config, url } = await home()
    const { code, out } = command('trust', 'aws', '--config', config)
    expect(code).toBe(0)
    expect(out).toContain(`"${url}"`)
    expect(out).toContain('jit:prod-db')
    expect(command('trust', 'aws', 'nowhere', '--config', config).code).toBe(9)
  })

  test('a certificate that is not there is one sentence that names it, and 2', async () => {
    const { command, config } = await home()
    const tls = `tls: { certificate: nowhere.pem, key: nowhere.key } }`
    const text = readFileSync(config, 'utf8').replace('endpoint: http:', 'endpoint: https:')
    writeFileSync(config, text.replace(/(port: \d+) }/, `$1, ${tls}`))
    const { code, err } = command('serve', '--config', config)
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^TLS cannot be done with .*nowhere\.pem.*ENOENT.*\n.*listen\.tls/),
    ])
  })

  test('a port that is taken is one sentence and 2', async () => {
    const { command, config, serve } = await home()
    await serve()
    const { code, err } = command('serve', '--config', config)
    expect(code).toBe(2)
    expect(err).toMatch(/cannot be listened on: .*EADDRINUSE/)
  })
})

describe.skipIf(!existsSync('/dev/full'))('output that nobody takes', () => {
  const bash = (line: string): readonly [number | null, string] => {
    const { status, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    return [status, stderr]
  }

  test('a full disk behind stdout is one sentence and 8, also where stderr is full, and ends serve', async () => {
    const { config } = await home()
    for (const words of ['trust aws', 'keys list --json', 'serve --json']) {
      const line = `"${process.execPath}" "${BIN}" ${words} --config "${config}" > /dev/full`
      const full = 'Standard output cannot be written (ENOSPC).'
      expect(bash(line)).toEqual([8, expect.stringContaining(full)])
      expect(bash(`${line} 2>&1`)).toEqual([8, ''])
    }
  })

  test('a reader that is gone costs nothing', async () => {
    const { config } = await home()
    const line = `"${process.execPath}" "${BIN}" trust aws --config "${config}"`
    expect(bash(`exec 3> >(exit 0); wait $!; ${line} >&3`)).toEqual([0, ''])
  })
})

describe('serving', () => {
  test.each(['SIGINT', 'SIGHUP'] as const)('%s stops it in good order', async (signal) => {
    const { serve } = await home()
    expect(await (await serve()).end(signal)).toBe(0)
  })

  test('keeps the database, which holds the signing keys, to its own user', async () => {
    const { serve, directory } = await home()
    await serve()
    const state = join(directory, 'state')
    expect(statSync(state).mode & 0o777).toBe(0o700)
    const files = readdirSync(state).map((name) => [name, statSync(join(state, name)).mode & 0o777])
    expect(files).toContainEqual(['endpoint.sqlite', 0o600])
    expect(files.filter(([, mode]) => mode !== 0o600)).toEqual([])
  })

  test.skipIf(!hasOpenssl)('over TLS where a certificate is configured', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'jit-tls-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const { ca } = makeCertificate(directory, '127.0.0.1')
    const made = await home()
    const text = readFileSync(made.config, 'utf8')
    const tls = `tls: { certificate: ${directory}/server.pem, key: ${directory}/server.key }`
    writeFileSync(
      made.config,
      text.replace(/port: (\d+) }/, `port: $1, ${tls} }`).replace('endpoint: http:', 'endpoint: https:'),
    )
    await made.serve()
    const status = await new Promise((done, fail) => {
      const options = { host: '127.0.0.1', port: made.port, path: '/v1/health', ca: readFileSync(ca) }
      request(options, (answer) => done(answer.resume().statusCode))
        .on('error', fail)
        .end()
    })
    expect(status).toBe(200)
  })
})

test('an older Node is told so in one sentence, by syntax that it understands', () => {
  const bin = readFileSync(resolve('bin/jit-endpoint.js'), 'utf8')
  const old = bin.replaceAll('process.versions.node', '"20.11.0"').replace(/^#!.*\n/, '')
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', old], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, 'jit-endpoint needs Node 24.15 or newer; this is 20.11.0.\n'])
})
