import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

const BIN = resolve(import.meta.dirname, '../../bin/jit-endpoint.js')

/** A directory with a configuration and a policy, and the built `bin/jit-endpoint.js` run on them. */
export type EndpointHome = {
  readonly directory: string
  readonly config: string
  readonly url: string
  readonly port: number
  /** Runs a command to its end. */
  readonly command: (...args: readonly string[]) => {
    readonly code: number | null
    readonly out: string
    readonly err: string
  }
  /** `env` is added to a bare environment. */
  readonly serve: (env?: Readonly<Record<string, string>>) => Promise<EndpointProcess>
  readonly remove: () => Promise<void>
}

export type EndpointProcess = {
  readonly child: ChildProcess
  /** All of stderr so far. */
  log(): string
  /** Sends a signal; resolves to the exit code, or to the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

export type EndpointHomeOptions = {
  readonly issuer: string
  readonly clients: { readonly browser: string; readonly device: string }
  readonly scopes?: readonly string[]
  readonly policy: string
  /** Lines of the configuration after its head: `targets`, `aws` and so on. */
  readonly more?: string
}

export async function endpointHome(options: EndpointHomeOptions): Promise<EndpointHome> {
  const directory = mkdtempSync(join(tmpdir(), 'jit-endpoint-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = join(directory, 'jit-endpoint.yaml')
  writeFileSync(config, yaml(url, port, options))
  writeFileSync(join(directory, 'policy.cedar'), options.policy)
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory }
  const running: EndpointProcess[] = []
  return {
    directory,
    config,
    url,
    port,
    command: (...args) => {
      const run = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env, cwd: directory })
      return { code: run.status, out: run.stdout, err: run.stderr }
    },
    serve: async (more = {}) => {
      const started = await startEndpoint(config, { ...env, ...more })
      running.push(started)
      return started
    },
    remove: async () => {
      for (const each of running) await each.end('SIGKILL')
      rmSync(directory, { recursive: true })
    },
  }
}

function yaml(
  url: string,
  port: number,
  { issuer, clients, scopes = ['openid'], more = '' }: EndpointHomeOptions,
): string {
  return `endpoint: ${url}
listen: { host: 127.0.0.1, port: ${port} }
store: { kind: sqlite, path: state/endpoint.sqlite }
idp:
  issuer: ${issuer}
  clients: { browser: ${clients.browser}, device: ${clients.device} }
  scopes: [${scopes.join(', ')}]
policy: [policy.cedar]
${more}`
}

/** `jit-endpoint serve`, once it listens; `env` is all of its environment. */
export async function startEndpoint(config: string, env: Readonly<Record<string, string>>): Promise<EndpointProcess> {
  const child = spawn(process.execPath, [BIN, 'serve', '--config', config, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const ended = once(child, 'exit')
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => [undefined])])
  if (typeof line !== 'string') throw new Error(`The endpoint did not start: ${log}`)
  return {
    child,
    log: () => log,
    end: async (signal) => {
      child.kill(signal)
      const [code, by] = await ended
      return code ?? by
    },
  }
}
