import path from 'node:path'
import type { Environment } from '../base/environment.ts'
import { JitError, reasonOf } from '../base/errors.ts'
import type { Cloud } from '../contract/target.ts'
import type { Clock } from '../platform/clock.ts'
import { readLeaves } from './audit/log.ts'
import { verifyLeaves } from './audit/verify.ts'
import { commandLine } from './commands/options.ts'
import type { Checked, Operations, ShownKey } from './commands/types.ts'
import { configTemplate, policyTemplate } from './config/template.ts'
import type { Config, ConfiguredTarget, Fault, Workloads } from './config/types.ts'
import { endpointUrl, issuerUrl } from './config/url.ts'
import { checkConfiguration, type Configuration, loadConfiguration } from './configuration.ts'
import { followedGrants } from './followed-grants.ts'
import { parseJson } from './http/strict-json.ts'
import { serve } from './serve.ts'
import type { StoreLook } from './store/look.ts'
import { lookIntoStore, openStore } from './store/open.ts'
import type { Store } from './store/types.ts'
import { keysIn, storedKeys } from './stored.ts'
import { JWKS_PATH, OIDC_DISCOVERY_PATH, oidcDiscovery } from './tokens/issuer-documents.ts'
import { keyState, replaceKeysNow, rotateKeys } from './tokens/key-ring.ts'
import { publishedKeys } from './tokens/signing-key.ts'
import { awsTrustTerraform } from './trust/aws.ts'
import { azureTrustTerraform } from './trust/azure.ts'
import { gcpTrustTerraform } from './trust/gcp.ts'
import { kubernetesTrustTerraform } from './trust/kubernetes.ts'
import { unknownStopMessage, unknownStops } from './unknown-stops.ts'

export type Files = {
  readonly env: Environment
  readonly readText: (path: string) => string
}
export type OperationsDeps = Files & {
  readonly clock: Clock
  /** Fails where there is a file of that name. */
  readonly writeNew: (file: string, text: string, mode: number) => void
  readonly replace: (file: string, text: string, mode: number) => void
  readonly around: () => Promise<Omit<Parameters<typeof serve>[2], 'clock' | 'env'>>
}

const TERRAFORM: Readonly<Record<Cloud, (config: Config, targets: readonly ConfiguredTarget[]) => string>> = {
  aws: awsTrustTerraform,
  gcp: gcpTrustTerraform,
  azure: azureTrustTerraform,
  kubernetes: kubernetesTrustTerraform,
}

const CONFIG_FILE = 'jit-endpoint.yaml'
const POLICY_FILE = 'policy.cedar'

export function makeOperations(deps: OperationsDeps): Operations {
  const { clock, env } = deps
  const source = (path: string) => ({ path, env, readText: deps.readText })
  const load = (configFile: string): Promise<Configuration> => loadConfiguration(source(configFile))

  async function withStore<T>({ store: where }: Config, work: (store: Store) => Promise<T>): Promise<T> {
    // Failures of idle connections do not matter to a command that is about to end; those of its own calls reject.
    const store = await openStore(where, { clock, report: () => undefined })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }
  /** For what only reads: where nothing was made yet, nothing is made. */
  async function reading<T>(configFile: string, work: (store: Store) => Promise<T>): Promise<T> {
    const { config } = await load(configFile)
    await lookIntoStore(config.store, clock, async ({ name, state }) => {
      if (state === 'none') throw notMadeYet(name, commandLine(env, configFile, 'serve'))
    })
    return withStore(config, work)
  }

  return {
    init: async (directory, urls) => init(directory, urls, deps),
    check: async (configFile) => {
      const { config } = await load(configFile)
      const warnings = await checkConfiguration(source(configFile))
      return lookIntoStore(config.store, clock, async (look) => ({
        ...summary(config, [...warnings, ...(await stopWarnings(look, config, configFile))]),
        store: look.name,
        database: look.state,
        keys: await shownKeys(look, clock),
      }))
    },
    serve: async (configFile, ready) => {
      const { config, policy } = await load(configFile)
      await serve(config, policy, { ...(await deps.around()), clock, env }, (url) => ready(url, config))
    },
    trust: async (cloud, configFile, names) => {
      const { config } = await load(configFile)
      return TERRAFORM[cloud](config, chosen(config, names))
    },
    keys: async (configFile) => {
      const { config } = await load(configFile)
      return lookIntoStore(config.store, clock, (look) => shownKeys(look, clock))
    },
    rotateKeys: async (configFile, now) => {
      const { config } = await load(configFile)
      return withStore(config, (store) => (now ? replaceKeysNow : rotateKeys)(storedKeys(store), clock))
    },
    publishKeys: async (configFile, directory) => {
      const { config } = await load(configFile)
      const keys = await lookIntoStore(config.store, clock, keysIn)
      const published = publishedKeys(keys.filter((key) => keyState(key, keys, clock.now()) !== 'over'))
      if (published.keys.length === 0)
        throw new JitError(
          'NOT_FOUND',
          'There are no keys to publish yet.',
          `Start it once: ${commandLine(env, configFile, 'serve')}`,
        )
      // The keys first: whoever reads the discovery document finds them.
      return [
        replaceJson(deps, path.join(directory, JWKS_PATH), published),
        replaceJson(deps, path.join(directory, OIDC_DISCOVERY_PATH), oidcDiscovery(config.endpoint)),
      ]
    },
    grants: (configFile, query) => reading(configFile, (store) => followedGrants(store, query)),
    exportLog: (configFile, from, write) =>
      reading(configFile, async (store) => {
        for await (const leaf of readLeaves(store, from)) if (!write(JSON.stringify(leaf))) return
      }),
    verifyLog: (configFile, remembered) => reading(configFile, (store) => verifyLeaves(readLeaves(store), remembered)),
    verifyExport: async (file, remembered) => verifyLeaves(linesOf(readExport(file, deps)), remembered),
  }
}

const notMadeYet = (name: string, start: string): JitError =>
  new JitError(
    'NOT_FOUND',
    `There is nothing in ${name} yet.`,
    `Check store in the configuration; the first start makes it: ${start}`,
  )

function readExport(file: string, { readText }: Files): string {
  try {
    return readText(file)
  } catch (cause) {
    const why = reasonOf(cause)
    throw new JitError(
      'FILE_UNREADABLE',
      `${file} cannot be read: ${why}.`,
      'Name a file that jit-endpoint audit export wrote.',
      {
        cause,
      },
    )
  }
}

/** A line that is no JSON, or says something twice, is no leaf, which the verifier says with its number. */
function* linesOf(text: string): Generator {
  for (const line of text.split('\n').filter((each) => each !== '')) {
    try {
      yield parseJson(line)
    } catch {
      yield undefined
    }
  }
}

type Urls = { readonly endpoint: string; readonly issuer: string }

function init(
  directory: string,
  { endpoint, issuer }: Urls,
  { readText, writeNew }: OperationsDeps,
): readonly string[] {
  const urls = 'https:// URLs without query (http:// on loopback only)'
  if (endpointUrl(endpoint) === undefined || issuerUrl(issuer) === undefined)
    throw new JitError('USAGE', `--endpoint and --issuer are ${urls}.`, 'See: jit-endpoint init --help')
  const files = [
    { file: path.join(directory, CONFIG_FILE), text: configTemplate({ endpoint, issuer }) },
    { file: path.join(directory, POLICY_FILE), text: policyTemplate() },
  ]
  const present = files.find(({ file }) => isThere(file, readText))
  if (present !== undefined) throw unwritten(present.file, 'it exists')
  for (const { file, text } of files) writeOrExplain(file, () => writeNew(file, text, 0o644))
  return files.map(({ file }) => file)
}

/** What cannot be told here, the writing will tell. */
function isThere(file: string, readText: Files['readText']): boolean {
  try {
    readText(file)
    return true
  } catch {
    return false
  }
}

function writeOrExplain(file: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    throw unwritten(file, reasonOf(cause), cause)
  }
}

const unwritten = (file: string, why: string, cause?: unknown): JitError =>
  new JitError('WRITE_FAILED', `${file} was not written: ${why}.`, 'Name another directory.', { cause })

function replaceJson({ replace }: OperationsDeps, file: string, value: unknown): string {
  writeOrExplain(file, () => replace(file, `${JSON.stringify(value, undefined, 2)}\n`, 0o644))
  return file
}

async function shownKeys(store: Pick<Store, 'signingKeys'>, clock: Clock): Promise<readonly ShownKey[]> {
  const keys = await keysIn(store)
  return keys.map((key) => ({
    kid: key.kid,
    use: key.use,
    state: keyState(key, keys, clock.now()),
    createdAt: new Date(key.createdAt).toISOString(),
    ...(key.acceptedUntil === undefined ? {} : { until: new Date(key.acceptedUntil).toISOString() }),
  }))
}

const summary = (
  config: Config,
  warnings: readonly Fault[],
): Pick<Checked, 'endpoint' | 'targets' | 'warnings' | 'workloads'> => ({
  endpoint: config.endpoint,
  targets: config.targets.length,
  warnings,
  ...(config.workloads === undefined ? {} : { workloads: shownWorkloads(config.workloads) }),
})

async function stopWarnings(look: StoreLook, config: Config, file: string): Promise<readonly Fault[]> {
  return (await unknownStops(look, config)).map((stop) => ({ file, message: unknownStopMessage(stop) }))
}

const shownWorkloads = ({ audience, issuers, pipelines }: Workloads): NonNullable<Checked['workloads']> => ({
  audience,
  issuers: issuers.map(({ name, provider, issuer }) => ({ name, provider, issuer })),
  pipelines: pipelines.map(({ name, issuer, events }) => ({ name, issuer, events })),
})

function chosen({ targets }: Config, names: readonly string[]): readonly ConfiguredTarget[] {
  const unknown = names.find((name) => !targets.some((target) => target.name === name))
  if (unknown !== undefined)
    throw new JitError('NOT_FOUND', `No target is called ${unknown}.`, 'See the targets of the configuration.')
  return names.length === 0 ? targets : targets.filter(({ name }) => names.includes(name))
}
