import { join } from 'node:path'
import { JitError } from '../../../base/errors.ts'
import { shellWord } from '../../../base/shell-export.ts'
import { ifExists } from '../../../platform/durable.ts'
import type { SinkDeps } from './deps.ts'
import {
  activeConfigFile,
  CONFIGURATION_NAME,
  configurationContent,
  configurationFile,
  gcloudHome,
  markOf,
  markStart,
  projectIn,
} from './gcloud-configuration.ts'
import {
  accessTokenFile,
  adcContent,
  adcFile,
  type GcpDelivered,
  projectVariables,
  subjectTokenFile,
  tokenContent,
} from './gcp.ts'
import { readThrough } from '../target-path.ts'
import type { CloudSink, Delivery, FileContent, Intent, PlannedFile, Stray } from './types.ts'

/**
 * A named configuration of its own beside the user's (`gcloud --configuration=jit-prod`), and application default credentials
 * in a file of their own. Every file of the user's stays as it is, but for `active_config` where `asDefault` wants it.
 */
export const gcpFiles = (deps: SinkDeps): CloudSink<GcpDelivered> => ({
  cloud: 'gcp',
  mode: 'files',

  plan(intent) {
    assertNameFree(deps, intent)
    if (intent.asDefault) assertReadableActive(deps)
    return [...privateFiles(intent), ...usersDirectory(deps, intent, activeBefore(deps))]
  },

  contents: (delivery) => [
    ...privateContents(delivery),
    configurationContent(delivery, { tokenFile: accessTokenFile(delivery), before: activeBefore(deps) }),
    undefined,
    delivery.asDefault ? { content: delivery.profile, secrets: [] } : undefined,
  ],

  environment(intent) {
    const adc = adcFile(intent)
    return {
      CLOUDSDK_ACTIVE_CONFIG_NAME: intent.profile,
      ...projectVariables(projectIn(readThrough(deps.fs, configurationFile(gcloudHome(deps), intent.profile)))),
      ...(isThere(deps, adc) && { GOOGLE_APPLICATION_CREDENTIALS: adc }),
    }
  },

  usage: (intent) => [
    `gcloud --configuration=${intent.profile} projects list`,
    `export CLOUDSDK_ACTIVE_CONFIG_NAME=${intent.profile}`,
    ...sdkUsage(deps, intent),
  ],

  searched: () => [],
  strays: () => strays(deps),
})

export const privateFiles = (intent: Intent): readonly PlannedFile[] =>
  [accessTokenFile, subjectTokenFile, adcFile].map((of) => ({ kind: 'own', path: of(intent) }))

export function privateContents(delivery: Delivery<GcpDelivered>): readonly (FileContent | undefined)[] {
  const { credential } = delivery
  return [
    tokenContent('the access token', credential.accessToken),
    credential.kind === 'federated' ? tokenContent('the grant token', credential.subjectToken) : undefined,
    adcContent(credential, { file: subjectTokenFile(delivery) }),
  ]
}

/** `gcloud config configurations activate` may make ours the active one at any time, so the pointer is always planned. */
function usersDirectory(deps: SinkDeps, { profile, lease }: Owned, before: string | undefined): readonly PlannedFile[] {
  const home = gcloudHome(deps)
  const path = configurationFile(home, profile)
  const held = { path, text: markStart(lease) }
  return [
    { kind: 'own', path, held },
    { kind: 'debris', path: join(home, `${profile}_configs.db`), held },
    {
      kind: 'pointer',
      path: activeConfigFile(home),
      names: profile,
      ...(before === undefined ? {} : { before }),
      held,
    },
  ]
}
type Owned = Pick<Intent, 'profile' | 'lease'>

/** The configuration that the user has made the active one; where that is ours by now, the one of before. */
function activeBefore(deps: SinkDeps): string | undefined {
  const home = gcloudHome(deps)
  const active = readThrough(deps.fs, activeConfigFile(home))?.toString('latin1') ?? ''
  if (!CONFIGURATION_NAME.test(active)) return undefined
  const ours = markOf(readThrough(deps.fs, configurationFile(home, active)))
  return ours === undefined ? active : ours.before
}

/** gcloud cannot use such a name (a line break at the end is enough), and the wipe could not give it back. */
function assertReadableActive(deps: SinkDeps): void {
  const path = activeConfigFile(gcloudHome(deps))
  const active = readThrough(deps.fs, path)
  if (active === undefined || CONFIGURATION_NAME.test(active.toString('latin1'))) return
  throw new JitError(
    'FILE_UNREADABLE',
    `gcloud cannot read the name in ${path}: it must be that of a configuration and nothing else, without a line break.`,
    'Choose one with gcloud config configurations activate NAME, or leave out --as-default.',
  )
}

/** `default` is what gcloud falls back to, and makes by itself. */
function assertNameFree(deps: SinkDeps, { profile }: Intent): void {
  const path = configurationFile(gcloudHome(deps), profile)
  const theirs = readThrough(deps.fs, path)
  if (profile !== 'default' && (theirs === undefined || markOf(theirs) !== undefined)) return
  throw new JitError(
    'PROFILE_TAKEN',
    profile === 'default'
      ? "The configuration default is gcloud's own."
      : `There already is a gcloud configuration ${profile} (${path}), and it is not jit's.`,
    'Rename it with gcloud config configurations rename, or have the target deliver under another profile name.',
  )
}

const PREFIX = 'config_'

function strays(deps: SinkDeps): readonly Stray[] {
  const directory = join(gcloudHome(deps), 'configurations')
  const names = ifExists(() => deps.fs.readdir(directory)) ?? []
  return names.flatMap((name) => {
    const mark = name.startsWith(PREFIX) ? markOf(readThrough(deps.fs, join(directory, name))) : undefined
    if (mark === undefined) return []
    const { lease, expiresAt, before } = mark
    const profile = name.slice(PREFIX.length)
    return [{ lease, expiresAt, files: usersDirectory(deps, { profile, lease }, before) }]
  })
}

export const isThere = ({ fs }: SinkDeps, path: string): boolean => ifExists(() => fs.stat(path)) !== undefined

/** What the SDKs and Terraform need, and what they cannot have. */
export const sdkUsage = (deps: SinkDeps, intent: Intent): readonly string[] => [
  isThere(deps, accessTokenFile(intent)) && !isThere(deps, adcFile(intent))
    ? NO_SDK
    : `export GOOGLE_APPLICATION_CREDENTIALS=${shellWord(adcFile(intent))}`,
  '# gsutil does not read it: use gcloud storage.',
]

export const NO_SDK =
  '# For gcloud alone: of an impersonated service account no SDK can be given credentials that end with the grant.'
