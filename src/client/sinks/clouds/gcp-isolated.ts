import { shellWord } from '../../../base/shell-export.ts'
import type { SinkDeps } from './deps.ts'
import { activeConfigFile, configurationContent, configurationFile, projectIn } from './gcloud-configuration.ts'
import { accessTokenFile, adcFile, gcloudDirectory, type GcpDelivered, projectVariables } from './gcp.ts'
import { isThere, privateContents, privateFiles, sdkUsage } from './gcp-files.ts'
import { readThrough } from '../target-path.ts'
import type { CloudSink, Intent } from './types.ts'

/**
 * gcloud's whole directory in the lease's own, with which its caches and logs go as well: nothing of the user's is read or
 * written.
 */
export const gcpIsolated = (deps: SinkDeps): CloudSink<GcpDelivered> => ({
  cloud: 'gcp',
  mode: 'isolated',

  plan: (intent) => [...privateFiles(intent), ...ownConfiguration(intent)],

  contents: (delivery) => [
    ...privateContents(delivery),
    configurationContent(delivery, { tokenFile: accessTokenFile(delivery) }),
    { content: delivery.profile, secrets: [] },
  ],

  environment: (intent) => ({
    ...isolatedVariables(deps, intent),
    ...(isThere(deps, adcFile(intent)) && { GOOGLE_APPLICATION_CREDENTIALS: adcFile(intent) }),
  }),

  usage: (intent) => [
    `jit exec ${intent.target} -- gcloud projects list`,
    `export CLOUDSDK_CONFIG=${shellWord(gcloudDirectory(intent))}`,
    ...sdkUsage(deps, intent),
  ],

  searched: () => [],
})

export const ownConfiguration = (intent: Intent) =>
  [configurationFile(gcloudDirectory(intent), intent.profile), activeConfigFile(gcloudDirectory(intent))].map(
    (path) => ({ kind: 'own', path }) as const,
  )

/** The name goes with it: a `CLOUDSDK_ACTIVE_CONFIG_NAME` of the user's would be looked up in our directory. */
export function isolatedVariables(deps: SinkDeps, intent: Intent): Readonly<Record<string, string>> {
  const directory = gcloudDirectory(intent)
  return {
    CLOUDSDK_CONFIG: directory,
    CLOUDSDK_ACTIVE_CONFIG_NAME: intent.profile,
    ...projectVariables(projectIn(readThrough(deps.fs, configurationFile(directory, intent.profile)))),
  }
}
