import path from 'node:path'
import type { Environment } from '../../base/environment.ts'
import { reasonOf } from '../../base/errors.ts'
import { partitionsDiffer } from './aws.ts'
import { readYaml, type YamlDocument } from './document.ts'
import { describeIssues, type Issue, named } from './issues.ts'
import { configSchema, toConfig } from './schema.ts'
import { type Config, ConfigurationError, type Fault } from './types.ts'

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
    ...contradictions(document.value),
  ]
  if (!result.success || issues.length > 0) throw new ConfigurationError(locate(file, document, issues))
  const config = toConfig(result.data)
  return { config, warnings: locate(file, document, warningsAbout(config)) }
}

async function readOrExplain({ path: file, readText }: ConfigSource): Promise<string> {
  try {
    return await readText(file)
  } catch (error) {
    const reason = reasonOf(error)
    throw new ConfigurationError([{ file, message: `it cannot be read: ${reason}.` }])
  }
}

function locate(file: string, { lineOf }: YamlDocument, issues: readonly Issue[]): readonly Fault[] {
  return issues.map(({ path, message }) => ({ file, line: lineOf(path), message })).toSorted((a, b) => a.line - b.line)
}

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

/** What single fields cannot tell. Looks at the raw values, so that these faults come together with all others. */
function contradictions(value: unknown): readonly Issue[] {
  const listed: unknown = fields(value)['targets']
  const targets = (Array.isArray(listed) ? listed : []).flatMap((each: unknown, index) =>
    typeof each === 'object' && each !== null
      ? [{ index, target: fields(each), aws: fields(fields(each)['aws']) }]
      : [],
  )
  const distinctlyNamed = targets.filter(
    ({ target }, index) => targets.findIndex((other) => other.target['name'] === target['name']) === index,
  )
  return [
    ...targets.flatMap(({ index, target, aws }) => targetIssues(['targets', index], target, aws)),
    ...repetitions(targets.map(({ index, target }) => [['targets', index, 'name'], target['name']])),
    ...repetitions(
      distinctlyNamed.map(({ index, target, aws }) => [
        ['targets', index, 'aws', 'profile'],
        aws['profile'] ?? `jit-${String(target['name'])}`,
      ]),
    ),
  ]
}

function targetIssues(path: readonly PropertyKey[], target: Fields, aws: Fields): readonly Issue[] {
  const issues: Issue[] = []
  const name = typeof target['name'] === 'string' ? target['name'] : ''
  if (target['aws'] === undefined) issues.push(issue(path, 'expected an aws block: a target opens something.'))
  // STS answers with the subject, `jit:<name>`, in a field of at least 6 characters.
  else if (name.length === 1)
    issues.push(issue([...path, 'name'], 'expected at least two letters, which AWS asks for.'))
  if (target['aws'] !== undefined && aws['profile'] === undefined && name.length > 59)
    issues.push(issue([...path, 'name'], 'it is too long for the profile name jit-<name>: set aws.profile.'))
  if (partitionsDiffer(aws['role'], aws['region']))
    issues.push(issue([...path, 'aws', 'region'], "expected a region of the role's own AWS partition."))
  return issues
}

const issue = (path: readonly PropertyKey[], message: string): Issue => ({ path, message: named(path, message) })

function repetitions(values: readonly (readonly [readonly PropertyKey[], unknown])[]): readonly Issue[] {
  const seen = new Set<unknown>()
  return values.flatMap(([path, value]) => {
    const again = typeof value === 'string' && seen.has(value)
    seen.add(value)
    return again ? [issue(path, `"${value}" is already taken by another target.`)] : []
  })
}

function warningsAbout({ endpoint, listen, targets }: Config): readonly Issue[] {
  const warnings: Issue[] = []
  if (new URL(endpoint).port !== '' && endpoint.startsWith('https:'))
    warnings.push(issue(['endpoint'], 'AWS asks for an issuer URL without a port.'))
  if (endpoint.startsWith('http:'))
    warnings.push(issue(['endpoint'], 'plain http on loopback is for trying out; no cloud can trust it.'))
  if (listen.tls === undefined && listen.host !== 'localhost' && !/^(127\.|::1$)/.test(listen.host))
    warnings.push(
      issue(['listen', 'host'], 'without listen.tls, tokens travel in clear text between proxy and endpoint.'),
    )
  if (targets.length === 0) warnings.push(issue(['targets'], 'there is no target yet, so nobody can ask for anything.'))
  return warnings
}
