import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './free-port.ts'

const BINARIES = process.env['JIT_TEST_POSTGRES_BIN'] ?? '/usr/lib/postgresql/15/bin'

/** Whether this machine can run a private PostgreSQL server. */
export const hasPostgres = existsSync(join(BINARIES, 'initdb'))

/** A PostgreSQL server of our own on loopback, in a directory that goes with it. */
export type PostgresServer = {
  /** Makes an empty database and returns its URL. */
  database(): Promise<string>
  stop(): Promise<void>
}

export async function startPostgres(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'jit-postgres-'))
  const user = unprivileged(directory)
  const data = join(directory, 'data')
  run([...user, join(BINARIES, 'initdb'), '-D', data, '-U', 'jit', '-A', 'trust', '-E', 'UTF8', '--no-sync'])
  const port = await freePort()
  const options = ['-D', data, '-k', directory, '-h', '127.0.0.1', '-p', String(port), '-c', 'max_connections=60']
  const [command = '', ...args] = [...user, join(BINARIES, 'postgres'), ...options]
  const server = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  await readyLine(server)

  const url = (database: string): string => `postgres://jit@127.0.0.1:${port}/${database}`
  let made = 0
  return {
    database: async () => {
      const name = `test_${++made}`
      const client = new Client({ connectionString: url('postgres') })
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return url(name)
    },
    stop: async () => {
      const gone = once(server, 'exit')
      server.kill('SIGQUIT') // immediate shutdown: nothing here is worth a checkpoint
      await gone
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The server refuses to run as root; then it runs as `postgres`, who must be able to write its directory. */
function unprivileged(directory: string): readonly string[] {
  if (process.getuid?.() !== 0) return []
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  chownSync(directory, id('-u'), id('-g'))
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--']
}

function run([command = '', ...args]: readonly string[]): void {
  execFileSync(command, args, { stdio: 'pipe', cwd: '/' })
}

function readyLine(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    server.stderr?.on('data', (chunk) => {
      log += String(chunk)
      if (log.includes('is ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${log}`)))
  })
}
