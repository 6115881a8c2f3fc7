import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TempHome } from '../support/temp-home.ts'

const DELAY_US = 200_000

/** `aws configure set KEY VALUE` for a profile that is there already, each of its writes put off by 0.2 s. */
export async function setSlowly(home: TempHome, key: string, value: string): Promise<{ readonly wasSlow: boolean }> {
  const trace = join(home.root, 'trace')
  const slow = ['-f', '-qq', '-o', trace, '-P', home.credentials, '-e', 'trace=write', '-e']
  const args = [
    ...slow,
    `inject=write:delay_enter=${DELAY_US}`,
    'aws',
    'configure',
    'set',
    `profile.work.${key}`,
    value,
  ]
  const env = { ...process.env, AWS_SHARED_CREDENTIALS_FILE: home.credentials, AWS_CONFIG_FILE: home.credentials }
  const [status] = await once(spawn('strace', args, { env, stdio: 'ignore' }), 'exit')
  if (status !== 0) throw new Error(`aws configure set ended with ${String(status)}`)
  return { wasSlow: readFileSync(trace, 'utf8').includes('DELAYED') }
}
