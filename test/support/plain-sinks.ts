import { join } from 'node:path'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { CloudSink, Intent } from '../../src/client/sinks/clouds/types.ts'
import { ownMark } from '../../src/client/sinks/own-mark.ts'
import type { EntryDelivery } from '../../src/client/sinks/types.ts'
import type { GcpCredential } from '../../src/contract/credential.ts'
import { readFile } from '../../src/platform/durable.ts'

// The simplest sinks of files that are wholly ours: they try the engines out, and nothing of any client.

export const PLAIN_SECRET = 'PLAINyJhbGciOiJSUzI1NiJ9EXAMPLE'

export function plainDelivery(profile: string, mark = ''): EntryDelivery<GcpCredential> {
  const credential: GcpCredential = {
    cloud: 'gcp',
    kind: 'impersonated',
    accessToken: PLAIN_SECRET + mark,
    project: 'prod',
    principal: 'jit@prod.example',
    expiration: '2099-01-01T01:00:00Z',
    notAfter: '2099-01-01T00:30:00Z',
  }
  const validUntil = Date.parse(credential.notAfter)
  return { cloud: 'gcp', profile, role: 'viewer', asDefault: false, validUntil, credential }
}

const tokenIn = (credential: GcpCredential): string =>
  credential.kind === 'impersonated' ? credential.accessToken : credential.subjectToken
const settingsOf = ({ home }: Pick<SinkDeps, 'home'>, { profile }: Pick<Intent, 'profile'>): string =>
  join(home, '.plain', 'settings', `${profile}.conf`)

const common: Pick<CloudSink, 'cloud' | 'environment' | 'usage' | 'searched'> = {
  cloud: 'gcp',
  environment: ({ directory }) => ({ PLAIN_TOKEN_FILE: join(directory, 'token') }),
  usage: ({ profile }) => [`plain --profile ${profile}`],
  searched: () => [],
}

/** A token in the private directory, and settings with a mark among the user's files that lead there. */
export const plainFiles = (deps: SinkDeps): CloudSink<GcpCredential> => ({
  ...common,
  mode: 'files',
  plan: (intent) => [
    { kind: 'own', path: join(intent.directory, 'deep', 'token') },
    { kind: 'own', path: settingsOf(deps, intent) },
  ],
  contents: ({ lease, endsAt, directory, credential }) => [
    { content: tokenIn(credential), secrets: [tokenIn(credential)] },
    { content: `# ${ownMark(lease, endsAt)}\ntoken_file = ${join(directory, 'deep', 'token')}\n`, secrets: [] },
  ],
})

/** The same with the token sealed. */
export const plainProcess = (deps: SinkDeps): CloudSink<GcpCredential> => ({
  ...plainFiles(deps),
  mode: 'process',
  plan: (intent) => [
    { kind: 'sealed', path: join(intent.directory, 'token.sealed') },
    { kind: 'sealed', path: join(intent.directory, 'again.sealed') },
    { kind: 'own', path: settingsOf(deps, intent) },
  ],
  contents: ({ lease, endsAt, credential }) => [
    { content: tokenIn(credential), secrets: [tokenIn(credential)] },
    { content: tokenIn(credential), secrets: [tokenIn(credential)] },
    { content: `# ${ownMark(lease, endsAt)}\nprocess = jit\n`, secrets: [] },
  ],
})

/** A directory that the client fills too, a file that names what is in use, and what the client leaves beside ours. */
export const plainPointing = (deps: SinkDeps): CloudSink<GcpCredential> => {
  const active = join(deps.home, '.plain', 'active')
  const mark = (lease: string): string => `lease = ${lease} until`
  const text = (path: string): string | undefined => readFile(deps.fs, path)?.toString('utf8')
  const before = (): string | undefined => {
    const now = text(active)
    if (now === undefined || now === 'mine') return now
    return /^before = (.*)$/m.exec(text(settingsOf(deps, { profile: now })) ?? '')?.[1]
  }
  return {
    ...common,
    mode: 'isolated',
    plan: (intent) => {
      const held = { path: settingsOf(deps, intent), text: mark(intent.lease) }
      return [
        { kind: 'own-directory', path: join(intent.directory, 'client') },
        { kind: 'own', path: join(intent.directory, 'client', 'token') },
        { kind: 'own', path: settingsOf(deps, intent), held },
        { kind: 'debris', path: `${settingsOf(deps, intent)}.db`, held },
        {
          kind: 'pointer',
          path: active,
          names: intent.profile,
          ...(before() === undefined ? {} : { before: before() ?? '' }),
          held,
        },
      ]
    },
    contents: ({ lease, endsAt, profile, credential }) => [
      undefined,
      { content: tokenIn(credential), secrets: [tokenIn(credential)] },
      {
        content: `[jit]\n${mark(lease)} ${Math.ceil(endsAt / 1000)}\n${before() === undefined ? '' : `before = ${before()}\n`}`,
        secrets: [],
      },
      undefined,
      { content: profile, secrets: [] },
    ],
  }
}
