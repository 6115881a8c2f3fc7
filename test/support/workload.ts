import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../src/base/environment.ts'
import type { TokenDeps } from '../../src/client/workload/types.ts'
import type { Http } from '../../src/platform/http.ts'
import { isInstalled, runToEnd } from '../../src/platform/processes.ts'
import { readSmallTextFile } from '../../src/platform/text-file.ts'

/** Shaped like an ID token; nobody signed it. */
export function unsignedToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${'s1gnature'.repeat(8)}`
}

/** What a source is given in real life; no network unless a test brings one. */
export const tokenDeps = (env: Environment, http: Http = noNetwork): TokenDeps => ({
  env,
  http,
  run: runToEnd,
  isOnPath: (program) => isInstalled(program, env, 'linux'),
  readText: (path) => readSmallTextFile(path, 64 * 1024),
})

const noNetwork: Http = async ({ url }) => {
  throw new Error(`nobody asked for the network: ${url}`)
}

/** A shell script as a program of this name in `directory`; what it was called with is kept beside it, argument by argument. */
export function fakeProgram(
  directory: string,
  name: string,
  script: string,
): { readonly calls: () => readonly string[] } {
  mkdirSync(directory, { recursive: true })
  const [path, log] = [join(directory, name), join(directory, `${name}.calls`)]
  writeFileSync(path, `#!/bin/sh\nfor each in "$@"; do printf '%s\\n' "$each" >> '${log}'; done\n${script}\n`)
  chmodSync(path, 0o755)
  return { calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []) }
}
