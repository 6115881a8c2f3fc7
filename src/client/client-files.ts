import { join } from 'node:path'
import { ifExists, readFile } from '../platform/durable.ts'
import type { ClientFile } from './doctor/client-files.ts'
import { FORMATS } from './formats.ts'
import { awsConfigFile, awsCredentialsFile } from './sinks/clouds/aws-locations.ts'
import { setupObstacle } from './sinks/clouds/azure-obstacle.ts'
import type { SinkDeps } from './sinks/clouds/deps.ts'
import { gcloudHome } from './sinks/clouds/gcloud-configuration.ts'
import { kubeconfigFiles } from './sinks/clouds/kubeconfig-locations.ts'
import { azureDirectory } from './sinks/clouds/azure-settings.ts'
import type { FormatName } from './sinks/formats/types.ts'
import { assertOwnDirectory, assertWritableAndWipable, resolveTarget } from './sinks/target-path.ts'

/** A name that nobody has: only the file is in question. */
const NOBODY = { profile: 'jit-doctor', asDefault: false }

/** Files that deliveries write to, looked at with the very checks that a delivery makes. */
export function clientFiles(deps: SinkDeps, uid: number | undefined): readonly ClientFile[] {
  const azure = azureDirectory(deps)
  const file = (client: string, format: FormatName, path: string): ClientFile => ({
    client,
    inspect: () => inspectFile(deps, uid, format, path),
  })
  return [
    file('aws', 'aws-credentials', awsCredentialsFile(deps)),
    file('aws', 'aws-config', awsConfigFile(deps)),
    { client: 'gcloud', inspect: async () => inspectDirectory(deps, uid, gcloudHome(deps)) },
    { client: 'az', inspect: async () => inspectAzure(deps, azure) },
    file('az', 'az-token-cache', join(azure, 'msal_token_cache.json')),
    file('az', 'az-service-principals', join(azure, 'service_principal_entries.json')),
    file('az', 'az-profile', join(azure, 'azureProfile.json')),
    ...kubeconfigFiles(deps).map((path) => file('kubectl', 'kubeconfig', path)),
  ]
}

async function inspectFile({ fs }: SinkDeps, uid: number | undefined, format: FormatName, named: string) {
  const path = resolveTarget(fs, named)
  const exists = assertWritableAndWipable(fs, path, uid) !== undefined
  const bytes = readFile(fs, path)
  if (bytes !== undefined) (await FORMATS[format]?.())?.check(path, bytes, NOBODY)
  return { exists }
}

function inspectDirectory({ fs }: SinkDeps, uid: number | undefined, path: string) {
  assertOwnDirectory(fs, path, uid)
  return { exists: ifExists(() => fs.stat(path)) !== undefined }
}

function inspectAzure(deps: SinkDeps, directory: string) {
  const exists = ifExists(() => deps.fs.stat(directory)) !== undefined
  const obstacle = exists ? setupObstacle(deps) : undefined
  return obstacle === undefined
    ? { exists }
    : { exists, note: `${obstacle} Grants of Azure come isolated, for jit exec and jit env.` }
}
