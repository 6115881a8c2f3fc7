/**
 * Packs what would be published, installs the tarball into an empty directory with nothing else, and starts both programs.
 * All JavaScript is bundled, so the published manifest depends only on what cannot be: a native addon and WebAssembly.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const BUNDLED_NOT = ['@napi-rs/keyring', '@cedar-policy/cedar-wasm']

type Manifest = { name: string; version: string; dependencies: Record<string, string>; [key: string]: unknown }
const source = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest

rmSync('.pack', { recursive: true, force: true })
mkdirSync('.pack')
for (const item of ['bin', 'dist', 'README.md', 'CHANGELOG.md', 'LICENSE'])
  cpSync(item, path.join('.pack', item), { recursive: true })
rmSync('.pack/dist/jit/metafile-esm.json', { force: true })
const published = Object.fromEntries(
  ['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'files', 'keywords'].flatMap((key) =>
    key in source ? [[key, source[key]]] : [],
  ),
)
const dependencies = Object.fromEntries(BUNDLED_NOT.map((name) => [name, source.dependencies[name]]))
writeFileSync('.pack/package.json', `${JSON.stringify({ ...published, dependencies }, null, 2)}\n`)

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
  for (const [program, ...args] of [
    ['jit', '--version'],
    ['jit', '--help'],
    ['jit-endpoint', '--version'],
    ['jit-endpoint', '--help'],
  ] as const) {
    const run = spawnSync(
      process.execPath,
      [path.join(home, 'node_modules', source.name, 'bin', `${program}.js`), ...args],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: home },
      },
    )
    if (run.status !== 0 || run.stdout === '')
      throw new Error(`${program} ${args.join(' ')} exited ${run.status}: ${run.stderr}`)
    if (args[0] === '--version' && run.stdout.trim() !== source.version)
      throw new Error(`${program} --version says ${run.stdout}`)
  }
  console.log(
    `package: ${(packed.size / 1e6).toFixed(2)} MB packed, ${(packed.unpackedSize / 1e6).toFixed(2)} MB unpacked, both programs start`,
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}
