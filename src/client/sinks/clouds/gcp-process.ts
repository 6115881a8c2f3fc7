import { shellWord } from '../../../base/shell-export.ts'
import type { SinkDeps } from './deps.ts'
import { configurationContent } from './gcloud-configuration.ts'
import { accessTokenFile, adcContent, adcFile, type GcpDelivered, subjectTokenFile, tokenContent } from './gcp.ts'
import { isThere, NO_SDK } from './gcp-files.ts'
import { isolatedVariables, ownConfiguration } from './gcp-isolated.ts'
import type { CloudSink } from './types.ts'

/** Google's libraries allow 5 to 120 s; the plumbing command answers from this machine alone. */
const COMMAND_LIMIT_MS = 10_000

/**
 * No token on disk but encrypted. SDKs ask `jit gcp-credential TARGET` (executable-sourced credentials, google.aip.dev/auth/4117).
 * gcloud knows no such source that leaves no trace (it caches what it gets in access_tokens.db), so it has a directory of its own
 * without a token, and `jit exec` gives the token to that one child: `gcloudTokenVariables`. See docs/decisions/0015.
 */
export const gcpProcess = (deps: SinkDeps): CloudSink<GcpDelivered> => ({
  cloud: 'gcp',
  mode: 'process',
  isNeverDefault: true,

  /** Google's Python and Go libraries split the command at white space, and know no quotes. */
  obstacle() {
    const odd = deps.program.find((part) => !/^[^\s"']+$/.test(part))
    return odd === undefined
      ? undefined
      : `Google's libraries cannot start a program whose path holds spaces or quotes: ${odd}`
  },

  plan: (intent) => [
    { kind: 'sealed', path: accessTokenFile(intent) },
    { kind: 'sealed', path: subjectTokenFile(intent) },
    { kind: 'own', path: adcFile(intent) },
    ...ownConfiguration(intent),
  ],

  contents: (delivery) => {
    const { credential, profile, target } = delivery
    const command = [...deps.program, 'gcp-credential', target].join(' ')
    return [
      tokenContent('the access token', credential.accessToken),
      credential.kind === 'federated' ? tokenContent('the grant token', credential.subjectToken) : undefined,
      adcContent(credential, { executable: { command, timeout_millis: COMMAND_LIMIT_MS } }),
      configurationContent(delivery),
      { content: profile, secrets: [] },
    ]
  },

  environment: (intent) => ({
    ...isolatedVariables(deps, intent),
    CLOUDSDK_CORE_DISABLE_FILE_LOGGING: 'True',
    ...(isThere(deps, adcFile(intent)) && {
      GOOGLE_APPLICATION_CREDENTIALS: adcFile(intent),
      GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1',
    }),
  }),

  usage: (intent) => [
    `jit exec ${intent.target} -- gcloud projects list`,
    '# gcloud has the token inside of jit exec only; gsutil does not take it there either: use gcloud storage.',
    ...(isThere(deps, accessTokenFile(intent)) && !isThere(deps, adcFile(intent))
      ? [NO_SDK]
      : [
          `export GOOGLE_APPLICATION_CREDENTIALS=${shellWord(adcFile(intent))}`,
          'export GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1',
        ]),
  ],

  searched: () => [],
})
