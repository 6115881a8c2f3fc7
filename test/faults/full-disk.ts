import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SECRETS } from '../support/aws-lease.ts'
import { TempHome } from '../support/temp-home.ts'
import type { Figure } from './figure.ts'
import { JIT, missing } from './tools.ts'

const BEHIND = ['', '[later]\\nk = v\\n']

/** R4: home and state lie on one disk, a tmpfs without a free block, when the built program comes to wipe. */
export async function fullDisk(): Promise<readonly Figure[]> {
  const figure = { row: 'R4', what: 'a full disk, with the home and the journal on it', least: BEHIND.length }
  const notRun = missing(['unshare', '-m', 'true'])
  if (notRun !== undefined) return [{ ...figure, count: 0, found: [], notRun }]
  return [{ ...figure, count: BEHIND.length, found: BEHIND.flatMap(wipeOnFullDisk) }]
}

function wipeOnFullDisk(behind: string): readonly string[] {
  using home = new TempHome()
  rmSync(home.home, { recursive: true })
  mkdirSync(home.home)
  const disk = home.home
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: disk,
    JIT_STATE_DIR: `${disk}/state`,
    JIT_CONFIG_DIR: `${disk}/config`,
  }
  const elevate = join(import.meta.dirname, 'elevate.ts')
  const sweep = `'${process.execPath}' '${JIT}' sweep 2>&1 || true`
  const script = [
    'set -e',
    `mount -t tmpfs -o size=64k tmpfs '${disk}'`,
    `mkdir -m 700 '${disk}/.aws'`,
    `printf '[default]\\nk = v' > '${disk}/.aws/credentials'`,
    `'${process.execPath}' '${elevate}' '${JSON.stringify({ home: disk, stateDir: `${disk}/state`, ttlMs: 1 })}'`,
    `printf '${behind}' >> '${disk}/.aws/credentials'`,
    `grep -c '${SECRETS[1]}' '${disk}/.aws/credentials'`,
    `dd if=/dev/zero of='${disk}/fill' bs=1k 2>/dev/null || true`,
    `printf x > '${disk}/more' 2>/dev/null || echo full`,
    sweep,
    `echo "--- $(grep -rlE '${SECRETS.join('|')}' '${disk}' | wc -l)"`,
    `rm -f '${disk}/fill' '${disk}/more'; sleep 1`,
    sweep,
    `echo ---; cat '${disk}/.aws/credentials'; echo; ls -A '${disk}/.aws'`,
  ].join('\n')
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8', env })
  const [before = '', during = '', after = ''] = stdout.split('---')
  const wanted = behind === '' ? '[default]\nk = v' : '[default]\nk = v\n[later]\nk = v\n'
  const found: string[] = []
  if (!before.startsWith('1\nfull\n')) found.push(`the disk was not full, or held no secret: ${before}${stderr}`)
  if (!during.startsWith(' 0')) found.push(`a secret outlives the wipe: ${before}${during}`)
  if (after.trim() !== `${wanted}\ncredentials`.trim()) found.push(`afterwards ${JSON.stringify(after)} ${during}`)
  return found
}
