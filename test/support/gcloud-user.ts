import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gcloudIn, put } from './gcp-delivery.ts'
import type { TempHome } from './temp-home.ts'

export const hasGcloud = spawnSync('gcloud', ['--version']).status === 0

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }
export type Variables = Readonly<Record<string, string>>

const QUIET = {
  CLOUDSDK_CORE_CHECK_GCE_METADATA: '0',
  CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
  CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
  CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
}

/** Runs a client as the owner of `home`, whose network is `network` alone. */
export const runIn =
  (home: TempHome, network: Variables) =>
  (command: string, args: readonly string[], more: Variables = {}): Promise<Ended> => {
    const env = { PATH: process.env['PATH'], HOME: home.home, ...QUIET, ...network, ...more }
    return new Promise((resolve) => {
      execFile(command, [...args], { env, encoding: 'utf8', timeout: 90_000 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr })
      })
    })
  }

/** Somebody who has used gcloud for a while: two configurations, an account and its cached token. */
export function useGcloudFor(home: TempHome): void {
  put(gcloudIn(home, 'configurations', 'config_default'), '[core]\naccount = me@corp.example\nproject = mine\n', 0o644)
  put(gcloudIn(home, 'configurations', 'config_work'), '# of mine\n[core]\nproject = work\n', 0o644)
  put(gcloudIn(home, 'active_config'), 'work', 0o644)
  mkdirSync(gcloudIn(home), { recursive: true })
  database(gcloudIn(home, 'credentials.db'), [
    'CREATE TABLE "credentials" (account_id TEXT PRIMARY KEY, value BLOB)',
    `INSERT INTO "credentials" VALUES ('me@corp.example', '${JSON.stringify(ACCOUNT)}')`,
  ])
  database(gcloudIn(home, 'access_tokens.db'), [
    'CREATE TABLE "access_tokens" (account_id TEXT PRIMARY KEY, access_token TEXT, token_expiry TIMESTAMP, rapt_token TEXT, id_token TEXT)',
    `INSERT INTO "access_tokens" VALUES ('me@corp.example', 'ya29.mine', '2099-01-01 00:00:00', NULL, NULL)`,
  ])
}
const ACCOUNT = { type: 'authorized_user', client_id: 'id', client_secret: 'not-secret', refresh_token: '1//mine' }

function database(path: string, statements: readonly string[]): void {
  const db = new DatabaseSync(path)
  for (const statement of statements) db.exec(statement)
  db.close()
}

/** SHA-256 of every file of gcloud's directory, by its name there. */
export function gcloudFiles(home: TempHome): ReadonlyMap<string, string> {
  const files = readdirSync(gcloudIn(home), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return new Map(
    paths.map((path) => [
      path.slice(gcloudIn(home).length + 1),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ]),
  )
}
