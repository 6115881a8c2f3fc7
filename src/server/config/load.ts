import path from 'node:path'
import type { Environment } from '../../base/environment.ts'
import { reasonOf } from '../../base/errors.ts'
import { readCertificateAuthorities } from './certificate-authorities.ts'
import { contradictions } from './contradictions.ts'
import { readYaml, type YamlDocument } from './document.ts'
import { describeIssues, type Issue, issueAt } from './issues.ts'
import { configSchema, toConfig } from './schema.ts'
import { type Config, ConfigurationError, type Fault } from './types.ts'
import { readWorkloadKeys } from './workload-keys.ts'
import { workloadWarnings } from './workload-warnings.ts'

/** Where the configuration comes from. `env` is only read where the file says `${NAME}`. */
export type ConfigSource = {
  readonly path: string
  readonly readText: (path: string) => string | Promise<string>
  readonly env: Environment
}

/** A valid configuration, and what in it is allowed but seldom meant. */
export type LoadedConfig = { readonly config: Config; readonly warnings: readonly Fault[] }

/** Reads one YAML file. Throws {@link ConfigurationError} with everything that is wrong in it. */
export async function loadConfig(source: ConfigSource): Promise<LoadedConfig> {
  const file = source.path
  const { document, faults } = readYaml(file, await readOrExplain(source))
  if (document === undefined) throw new ConfigurationError(faults)
  const schema = configSchema({ directory: path.dirname(path.resolve(file)), env: source.env })
  const result = schema.safeParse(document.value)
  const issues = [
    ...(result.success ? [] : describeIssues(schema, result.error.issues)),
    ...contradictions(document.value, source.env),
  ]
  if (!result.success || issues.length > 0) throw new ConfigurationError(locate(file, document, issues))
  const read = await readCertificateAuthorities(toConfig(result.data), source.readText)
  const { workloads, issues: unreadable } = await readWorkloadKeys(read.config.workloads, source.readText)
  const missing = [...read.issues, ...unreadable]
  if (missing.length > 0) throw new ConfigurationError(locate(file, document, missing))
  const config = workloads === undefined ? read.config : { ...read.config, workloads }
  const warnings = [...warningsAbout(config), ...(workloads === undefined ? [] : workloadWarnings(workloads))]
  return { config, warnings: locate(file, document, warnings) }
}

async function readOrExplain({ path: file, readText }: ConfigSource): Promise<string> {
  try {
    return await readText(file)
  } catch (error) {
    const reason = reasonOf(error)
    throw new ConfigurationError([{ file, message: `it cannot be read: ${reason}.` }], { cause: error })
  }
}

function locate(file: string, { lineOf }: YamlDocument, issues: readonly Issue[]): readonly Fault[] {
  return issues.map(({ path, message }) => ({ file, line: lineOf(path), message })).toSorted((a, b) => a.line - b.line)
}

function warningsAbout({ endpoint, listen, targets }: Config): readonly Issue[] {
  const warnings: Issue[] = []
  if (new URL(endpoint).port !== '' && endpoint.startsWith('https:'))
    warnings.push(issueAt(['endpoint'], 'AWS asks for an issuer URL without a port.'))
  if (endpoint.startsWith('http:'))
    warnings.push(issueAt(['endpoint'], 'plain http on loopback is for trying out; no cloud can trust it.'))
  if (listen.tls === undefined && listen.host !== 'localhost' && !/^(127\.|::1$)/.test(listen.host))
    warnings.push(
      issueAt(['listen', 'host'], 'without listen.tls, tokens travel in clear text between proxy and endpoint.'),
    )
  if (targets.length === 0)
    warnings.push(issueAt(['targets'], 'there is no target yet, so nobody can ask for anything.'))
  return warnings
}
