import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { approveInBrowser } from './browser-robot.ts'
import { type Ended, launch, type Running } from './launch.ts'

const BIN = path.resolve(import.meta.dirname, '../../bin/jit.js')

/** Somebody's machine: an own home and environment, and the built `jit` in it. */
export type PersonHome = {
  readonly login: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly credentialsFile: string
  start(...args: string[]): Running
  jit(...args: string[]): Promise<Ended>
  /** Another program with this home, e.g. `aws`. */
  run(program: string, ...args: string[]): Promise<Ended>
  /** Device flow, with a robot as the person at the browser. */
  logIn(): Promise<Ended>
  /** The same, to look at while it runs. */
  startLogin(): Running
  startOther(program: string, ...args: string[]): Running
  credentials(): string | undefined
  writeCredentials(text: string, mode?: number): void
}

export type HomeOptions = {
  readonly login: string
  readonly directory: string
  readonly endpoint: string
  /** Where AWS answers, where it is not under its own names. */
  readonly aws?: string
  readonly env: Readonly<Record<string, string>>
}

export function createPersonHome({ login, directory, endpoint, aws, env: extra }: HomeOptions): PersonHome {
  mkdirSync(path.join(directory, '.aws'), { recursive: true, mode: 0o700 })
  const passphrase = path.join(directory, 'passphrase')
  writeFileSync(passphrase, 'correct horse battery staple', { mode: 0o600 })
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    XDG_CONFIG_HOME: path.join(directory, '.config'),
    XDG_STATE_HOME: path.join(directory, '.local/state'),
    XDG_RUNTIME_DIR: path.join(directory, '.run'),
    JIT_KEY_STORE: 'passphrase-file',
    JIT_PASSPHRASE_FILE: passphrase,
    ...(aws !== undefined && { AWS_ENDPOINT_URL: aws }),
    AWS_EC2_METADATA_DISABLED: 'true',
    ...('FORCE_COLOR' in extra ? {} : { NO_COLOR: '1' }),
    LC_ALL: 'C.UTF-8',
    ...extra,
  }
  mkdirSync(env.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 })
  const credentialsFile = path.join(directory, '.aws/credentials')
  const start = (...args: string[]): Running => ({
    ...launch(process.execPath, [BIN, ...args], env),
    argv: ['jit', ...args],
  })
  const startLogin = (): Running => {
    const running = start('login', endpoint, '--device')
    const approved = running
      .says(/(http:\/\/127\.0\.0\.1:\d+\/device\S*user_code=\S+)/)
      .then(([, url = '']) => approveInBrowser(url, login))
    return { ...running, done: approved.then(() => running.done) }
  }
  return {
    login,
    home: directory,
    env,
    credentialsFile,
    start,
    jit: (...args) => start(...args).done,
    run: (program, ...args) => launch(program, args, env).done,
    logIn: () => startLogin().done,
    startLogin,
    startOther: (program, ...args) => launch(program, args, env),
    credentials: () => (existsSync(credentialsFile) ? readFileSync(credentialsFile, 'utf8') : undefined),
    writeCredentials: (text, mode = 0o600) => writeFileSync(credentialsFile, text, { mode }),
  }
}
