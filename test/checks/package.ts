/**
 * Packs what would be published, installs the tarball into an empty directory with nothing else, and starts both programs.
 * All JavaScript is bundled, so the published manifest depends only on what cannot be: a native addon and WebAssembly.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { thirdPartyLicences } from './third-party-licences.ts'

const BUNDLED_NOT = ['@napi-rs/keyring', '@cedar-policy/cedar-wasm']

const CONFIG = `endpoint: https://jit.corp.example
store: { kind: sqlite, path: jit.db }
idp: { issuer: https://idp.corp.example, clients: { device: jit } }
policy: [policy.cedar]
targets:
  - { name: sandbox, maxDuration: 1h, aws: { role: 'arn:aws:iam::123456789012:role/jit-sandbox', region: eu-central-1 } }
`

type Manifest = { name: string; version: string; dependencies: Record<string, string>; [key: string]: unknown }
const source = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest

rmSync('.pack', { recursive: true, force: true })
mkdirSync('.pack')
for (const item of ['bin', 'completions', 'dist', 'man', 'README.md', 'CHANGELOG.md', 'LICENSE'])
  cpSync(item, path.join('.pack', item), { recursive: true })
for (const program of ['jit', 'jit-endpoint']) rmSync(`.pack/dist/${program}/metafile-esm.json`, { force: true })
writeFileSync('.pack/THIRD-PARTY-LICENCES.txt', thirdPartyLicences('.'))
const published = Object.fromEntries(
  ['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'files', 'keywords'].flatMap((key) =>
    key in source ? [[key, source[key]]] : [],
  ),
)
const man = readdirSync('man').map((page) => `./man/${page}`)
const dependencies = Object.fromEntries(BUNDLED_NOT.map((name) => [name, source.dependencies[name]]))
writeFileSync(
  '.pack/package.json',
  `${JSON.stringify({ ...published, man, files: ['bin', 'completions', 'dist', 'man', 'THIRD-PARTY-LICENCES.txt'], dependencies }, null, 2)}\n`,
)

execFileSync('publint', ['.pack', '--strict'], { stdio: 'inherit' })
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--silent'], { cwd: '.pack', encoding: 'utf8' }),
) as { filename: string; size: number; unpackedSize: number }[]
if (packed === undefined) throw new Error('npm pack made nothing')

const home = mkdtempSync(path.join(tmpdir(), 'jit-package-'))
try {
  writeFileSync(path.join(home, 'package.json'), '{"private":true}')
  execFileSync(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--loglevel=error',
      path.resolve('.pack', packed.filename),
    ],
    { cwd: home, stdio: 'inherit' },
  )
  const installed = (program: string, ...args: string[]): string => {
    const run = spawnSync(
      process.execPath,
      [path.join(home, 'node_modules', source.name, 'bin', `${program}.js`), ...args],
      {
        encoding: 'utf8',
        cwd: home,
        env: { PATH: process.env['PATH'] ?? '', HOME: home },
      },
    )
    if (run.status !== 0 || run.stdout === '')
      throw new Error(`${program} ${args.join(' ')} exited ${run.status}: ${run.stderr}`)
    return run.stdout.trim()
  }
  for (const program of ['jit', 'jit-endpoint']) {
    if (installed(program, '--version') !== source.version) throw new Error(`${program} is of another version`)
    installed(program, '--help')
  }
  // Loads what is not in the bundle: Cedar for the policy, SQLite for the store.
  writeFileSync(
    path.join(home, 'policy.cedar'),
    '@id("all")\npermit(principal, action in [Action::"request", Action::"autoApprove"], resource);\n',
  )
  writeFileSync(path.join(home, 'jit-endpoint.yaml'), CONFIG)
  if (JSON.parse(installed('jit-endpoint', 'check', '--json')).targets !== 1)
    throw new Error('check read another configuration')
  console.log(
    `package: ${(packed.size / 1e6).toFixed(2)} MB packed, ${(packed.unpackedSize / 1e6).toFixed(2)} MB unpacked, both programs start`,
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}
