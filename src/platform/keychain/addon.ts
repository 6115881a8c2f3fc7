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

/** A client of the keychain, started and not asked anything yet. It ends when it was asked, and with this process. */
export type AddonClient = { readonly ask: (call: AddonCall) => Promise<Uint8Array | undefined> }

export const callAddon = (call: AddonCall, options: AddonOptions = {}): Promise<Uint8Array | undefined> =>
  startAddon(options).ask(call)

/**
 * Has `@napi-rs/keyring` in a child process that is killed when its time is up. In this process a hanging D-Bus would stop
 * everything: already the addon's constructor connects, synchronously, and its AbortSignal cannot interrupt a call that runs
 * (even `process.exit` would wait for it). Keys travel over pipes, never in arguments or environment.
 */
export function startAddon(options: AddonOptions = {}): AddonClient {
  const addon = createRequire(import.meta.url).resolve('@napi-rs/keyring')
  const ask = startChild(['-e', CHILD, addon], options)
  return {
    ask: async (call) => {
      const request = { ...call, service: SERVICE, key: call.key && Buffer.from(call.key).toString('base64') }
      const answer = await ask(JSON.stringify(request))
      const { failed } = object({}, { failed: string })(answer, 'answer')
      if (failed !== undefined) throw new AddonError('failed', failed)
      const { key } = object({ done: oneOf('yes') }, { key: string })(answer, 'answer')
      return key === undefined ? undefined : new Uint8Array(Buffer.from(key, 'base64'))
    },
  }
}

/**
 * CommonJS, for `node -e ADDON`: reads one request from stdin, prints one answer as a line; before that a blank, when it has started.
 * No bare `require`: publint would take the bundle for CommonJS.
 */
const CHILD = `
process.stdout.write(' ')
const { AsyncEntry } = module.require(process.argv[1])
const { service, item, store, operation, key } = JSON.parse(process.getBuiltinModule('node:fs').readFileSync(0, 'utf8'))
const answer = (value) => process.stdout.write(JSON.stringify(value) + '\\n')
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

type Answer = Readonly<Record<string, unknown>>

/** Starts the child; what is returned asks it, once. What goes wrong before shows when it is asked. */
function startChild(
  args: readonly string[],
  { limitMs = KEY_STORE_LIMIT_MS, env = process.env }: AddonOptions,
): (input: string) => Promise<Answer> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true, env })
  const answer = Promise.withResolvers<Answer>()
  answer.promise.catch(() => undefined) // nobody may have asked yet
  let late: NodeJS.Timeout | undefined
  let [hasStarted, output] = [false, '']
  const giveUpAfter = (ms: number): void => {
    clearTimeout(late)
    late = setTimeout(() => {
      answer.reject(new AddonError('timeout', `it did not answer within ${ms / 1000} seconds`))
      child.kill('SIGKILL')
    }, ms)
  }
  const finish = (otherwise: string): void => {
    clearTimeout(late)
    try {
      answer.resolve(record(JSON.parse(output), 'answer'))
    } catch {
      answer.reject(new AddonError('failed', otherwise))
    }
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.endsWith('\n')) {
      finish('its client gave no answer')
      child.kill('SIGKILL') // all is done: nobody waits for its end
    } else if (!hasStarted && late !== undefined) giveUpAfter(limitMs)
    hasStarted = true
  })
  child.on('error', (error) => {
    clearTimeout(late)
    answer.reject(error)
  })
  child.on('close', (code) => finish(`its client ended with code ${code}`))
  child.stdin.on('error', () => child.kill('SIGKILL')) // it ended before reading: 'close' tells
  return (input) => {
    if (child.exitCode === null && child.signalCode === null) giveUpAfter(hasStarted ? limitMs : START_SHARE * limitMs)
    child.stdin.end(input)
    return answer.promise
  }
}
