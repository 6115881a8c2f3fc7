import { reasonOf } from '../base/errors.ts'
import { addressRanges } from '../platform/address-ranges.ts'
import { isPolicyClaim } from './auth/workload-claims.ts'
import { type ConfigSource, loadConfig } from './config/load.ts'
import { saysClaim } from './config/preset-claims.ts'
import { type Config, ConfigurationError, type Fault } from './config/types.ts'
import { presetNamed } from './config/workload-presets.ts'
import { findGaps } from './policy/coverage.ts'
import type { KnownPipeline } from './policy/job-gaps.ts'
import { loadPolicy } from './policy/load.ts'
import { type PolicyFile, readRules } from './policy/read-rules.ts'
import type { Policy } from './policy/types.ts'

/** Everything that `serve` goes by. */
export type Configuration = { readonly config: Config; readonly policy: Policy; readonly warnings: readonly Fault[] }

/** Configuration and policies together. Throws `ConfigurationError` with every fault. */
export async function loadConfiguration(source: ConfigSource): Promise<Configuration> {
  const { config, warnings } = await readConfig(source)
  const files = await readPolicyFiles(source, config)
  const policy = loadPolicy({ files, targets: config.targets, pipelines: config.workloads?.pipelines ?? [] })
  return { config, policy, warnings }
}

/** What `jit-endpoint check` found. An `error` keeps the endpoint from starting, a `warning` is allowed but seldom meant. */
export type Finding = Fault & { readonly level: 'error' | 'warning' }

/** Checks configuration and policies without starting anything. */
export async function checkConfiguration(source: ConfigSource): Promise<readonly Finding[]> {
  try {
    const { config, warnings } = await readConfig(source)
    const pipelines = config.workloads?.pipelines ?? []
    const rules = readRules(await readPolicyFiles(source, config), config.targets, pipelines)
    const gaps = findGaps(rules, config.targets, source.path, knownPipelines(config))
    return [...warnings, ...gaps].map((fault) => ({ ...fault, level: 'warning' }))
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map((fault) => ({ ...fault, level: 'error' }))
    throw error
  }
}

/** Pipelines with what can be known of the tags of their jobs. Loading has refused a pipeline of an issuer that there is not. */
function knownPipelines({ workloads }: Config): readonly KnownPipeline[] {
  const { issuers, pipelines } = workloads ?? { issuers: [], pipelines: [] }
  return pipelines.flatMap(({ name, issuer }) =>
    issuers
      .filter((each) => each.name === issuer)
      .map(({ provider }) => ({ name, provider, mayHaveTag: (tag) => isPolicyClaim(tag) && mayBeSaid(provider, tag) })),
  )
}

/** Of a provider that we have no list for, nobody knows. */
function mayBeSaid(provider: string, tag: string): boolean {
  const preset = presetNamed(provider)
  return preset === undefined || ['yes', 'unknown'].includes(saysClaim(preset, tag))
}

async function readConfig(source: ConfigSource): ReturnType<typeof loadConfig> {
  const loaded = await loadConfig(source)
  try {
    addressRanges(loaded.config.trustedProxies)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigurationError([{ file: source.path, message: `trustedProxies: ${error.message}.` }])
  }
  return loaded
}

async function readPolicyFiles(source: ConfigSource, { policyFiles }: Config): Promise<readonly PolicyFile[]> {
  const files: PolicyFile[] = []
  const faults: Fault[] = []
  for (const path of policyFiles) {
    try {
      files.push({ path, text: await source.readText(path) })
    } catch (error) {
      const reason = reasonOf(error)
      faults.push({ file: source.path, message: `policy: ${path} cannot be read: ${reason}.` })
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  return files
}
