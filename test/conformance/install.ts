import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import type { Client } from './clients.ts'

/** Installs Debian's packages of what is missing, where that is possible here. Otherwise tells by staying silent: see {@link skipped}. */
export function installMissing(clients: readonly Client[]): void {
  const packages = clients.flatMap((client) =>
    isThere(client.program) || client.package === undefined ? [] : [client.package],
  )
  if (packages.length === 0 || process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return
  console.log(`Installing from Debian's packages: ${packages.join(', ')} ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'inherit' })
  for (const name of packages)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
}

/** Why a client cannot run here; `undefined` where it can. */
export function skipped(client: Client): string | undefined {
  if (isThere(client.program)) return undefined
  return client.package === undefined
    ? `SKIPPED: ${client.name} is not installed, and Debian has no package of it`
    : `SKIPPED: ${client.name} is not installed, and ${client.package} could not be installed`
}

const isThere = (program: string): boolean => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0

/** The first `aws` of version 1 in PATH or where `AWS_V1` says; Debian has none since version 12. */
export function awsV1(): string | undefined {
  const found = process.env['AWS_V1'] ?? ''
  const directories = (process.env['PATH'] ?? '').split(':')
  return [found, ...directories.map((directory) => `${directory}/aws`)].find((file) => file !== '' && isVersion1(file))
}

function isVersion1(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    return execFileSync(realpathSync(file), ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).startsWith('aws-cli/1.')
  } catch {
    return false
  }
}
