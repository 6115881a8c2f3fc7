import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const installed = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined
export const hasSecretService =
  installed('dbus-run-session', '--version') && installed('gnome-keyring-daemon', '--version')

export type SecretService = { readonly env: NodeJS.ProcessEnv; close(): Promise<void> }

/** A real gnome-keyring on a private session bus with a home of its own; `locked` has a keyring but nobody who could unlock it. */
export async function startSecretService({ locked = false } = {}): Promise<SecretService> {
  const home = mkdtempSync(join(tmpdir(), 'jit-keyring-'))
  const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: join(home, 'data') }
  const unlock = `printf 'passphrase\\n' | gnome-keyring-daemon --unlock --components=secrets`
  const start = locked ? 'gnome-keyring-daemon --start --components=secrets' : unlock
  const session = spawn(
    'dbus-run-session',
    ['--', 'sh', '-c', `${start} >/dev/null 2>&1; echo "$DBUS_SESSION_BUS_ADDRESS"; read -r end`],
    { env, stdio: ['pipe', 'pipe', 'ignore'] },
  )
  const address = await new Promise<string>((resolve, reject) => {
    session.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()))
    session.once('exit', (code) => reject(new Error(`dbus-run-session ended with ${code}`)))
  })
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: address },
    close: async () => {
      const ended = new Promise((resolve) => session.once('exit', resolve))
      session.stdin.end()
      await ended
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** A session bus that takes connections and never says a word. */
export async function startSilentBus(): Promise<SecretService> {
  const home = mkdtempSync(join(tmpdir(), 'jit-bus-'))
  const bus = createServer((socket) => void socket.resume().on('error', () => socket.destroy()))
  const path = join(home, 'bus')
  await new Promise<void>((resolve) => bus.listen(path, resolve))
  return {
    env: { HOME: home, DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    close: async () => {
      await new Promise((resolve) => bus.close(resolve))
      rmSync(home, { recursive: true, force: true })
    },
  }
}
