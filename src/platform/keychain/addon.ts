import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { object, oneOf, record, string } from '../../contract/narrow.ts'
import { KEY_STORE_LIMIT_MS } from './unavailable.ts'

/** The service under which all items of this program lie in the keychain. */
const SERVICE = 'jit'

export type AddonCall = {
  readonly store: 'system' | 'keyutils'
  readonly operation: 'get' | 'set' | 'delete'
  readonly item: string
  readonly key?: Uint8Array
}
export type AddonOptions = { readonly limitMs?: number; readonly env?: NodeJS.ProcessEnv }

/** Why the keychain gave no answer; `timeout`: it hangs, or waits for a person at a prompt. */
export class AddonError extends Error {
  readonly kind: 'timeout' | 'failed'
  constructor(kind: 'timeout' | 'failed', message: string) {
    super(message)
    this.name = 'AddonError'
    this.kind = kind
  }
}

/**
 * Calls `@napi-rs/keyring` in a child process that is killed when its time is up. In this process a hanging D-Bus would stop
 * everything: already the addon's constructor connects, synchronously, and its AbortSignal cannot interrupt a call that runs
 * (even `process.exit` would wait for it). Keys travel over pipes, never in arguments or environment.
 */
export async function callAddon(call: AddonCall, options: AddonOptions = {}): Promise<Uint8Array | undefined> {
  const addon = createRequire(import.meta.url).resolve('@napi-rs/keyring')
  const request = { ...call, service: SERVICE, key: call.key && Buffer.from(call.key).toString('base64') }
  const answer = await runChild(['-e', CHILD, addon], JSON.stringify(request), options)
  const { failed } = object({}, { failed: string })(answer, 'answer')
  if (failed !== undefined) throw new AddonError('failed', failed)
  const { key } = object({ done: oneOf('yes') }, { key: string })(answer, 'answer')
  return key === undefined ? undefined : new Uint8Array(Buffer.from(key, 'base64'))
}

/**
 * CommonJS, for `node -e ADDON`: reads one request from stdin, prints one answer; before that a blank, when it has started. No bare
 * `require`: publint would take the bundle for CommonJS.
 */
const CHILD = `
process.stdout.write(' ')
const { AsyncEntry } = module.require(process.argv[1])
const { service, item, store, operation, key } = JSON.parse(process.getBuiltinModule('node:fs').readFileSync(0, 'utf8'))
const answer = (value) => process.stdout.write(JSON.stringify(value))
const work = async () => {
  const entry = new AsyncEntry(service, item, { linux: { store: store === 'keyutils' ? 'keyutils' : 'secret-service' } })
  if (operation === 'set') await entry.setSecret(Buffer.from(key, 'base64'))
  if (operation === 'delete') await entry.deleteCredential()
  const found = operation === 'get' ? await entry.getSecret() : null
  return { done: 'yes', key: found && Buffer.from(found).toString('base64') }
}
work().then(answer, (error) => answer({ failed: String(error && error.message) }))
`

/** A machine that starts hundreds of processes at once is slow to start this one, which is no fault of the keychain. */
const START_SHARE = 5

function runChild(
  args: readonly string[],
  input: string,
  { limitMs = KEY_STORE_LIMIT_MS, env = process.env }: AddonOptions,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true, env })
    const giveUpAfter = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        reject(new AddonError('timeout', `it did not answer within ${ms / 1000} seconds`))
        child.kill('SIGKILL')
      }, ms)
    let late = giveUpAfter(START_SHARE * limitMs)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stdout.once('data', () => {
      clearTimeout(late)
      late = giveUpAfter(limitMs)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(late)
      try {
        resolve(record(JSON.parse(output), 'answer'))
      } catch {
        reject(new AddonError('failed', `its client ended with code ${code}`))
      }
    })
    child.stdin.on('error', () => child.kill('SIGKILL')) // it ended before reading: 'close' tells
    child.stdin.end(input)
  })
}
