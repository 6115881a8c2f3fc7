import path from 'node:path'
import { z } from 'zod'
import { defined } from '../../base/defined.ts'
import type { Environment } from '../../base/environment.ts'
import { CHANNEL_RULES } from '../../contract/grant.ts'
import { TARGET_NAME } from '../../contract/target.ts'
import { awsAccess, toAwsAccess } from './aws.ts'
import { azureAccess, toAzureAccess } from './azure.ts'
import { duration } from './durations.ts'
import { field, matching, plainText } from './field.ts'
import { gcpAccess, toGcpAccess } from './gcp.ts'
import { kubernetesAccess, toKubernetesAccess } from './kubernetes.ts'
import type { Config, ConfiguredTarget } from './types.ts'
import { endpointUrl, issuerUrl, webUrl } from './url.ts'
import { toWorkloads, workloads } from './workloads.ts'

/** Where the file lies and what its references mean. */
export type Surroundings = { readonly directory: string; readonly env: Environment }

/** The configuration file. `docs/configuration.md` explains each field. */
export function configSchema({ directory, env }: Surroundings) {
  const filePath = field('a path', (value) => {
    const text = plainText(4096)(value)
    return text === undefined ? undefined : path.resolve(directory, text)
  })
  const identifier = (expected: string) => field(expected, matching(/^[\x21-\x7e]{1,255}$/))
  return z.strictObject({
    endpoint: field(
      'an https:// URL without query and trailing slash, at most 255 characters (http:// on loopback only)',
      endpointUrl,
    ),
    listen: z
      .strictObject({
        host: field('a host name or address such as 127.0.0.1', matching(/^[\w.:-]{1,253}$/)).default('127.0.0.1'),
        port: field('a port number from 0 to 65535', portOf).default(8080),
        tls: z.strictObject({ certificate: filePath, key: filePath }).exactOptional(),
      })
      .prefault({}),
    trustedProxies: z
      .array(field('an address or range such as 10.0.0.5 or 10.0.0.0/8', matching(/^[\da-fA-F.:]+(\/\d{1,3})?$/)))
      .default([]),
    store: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sqlite'), path: filePath }),
      z.strictObject({ kind: z.literal('postgres'), url: databaseUrl(env) }),
    ]),
    idp: z.strictObject({
      issuer: field("the IdP's issuer, an https:// URL without query (http:// on loopback only)", issuerUrl),
      clients: z
        .strictObject({
          browser: identifier('the client id that is registered for the browser flow').exactOptional(),
          device: identifier('the client id that is registered for the device flow').exactOptional(),
        })
        .refine(({ browser, device }) => browser !== undefined || device !== undefined, {
          error: 'expected a client id for browser, device or both.',
        }),
      scopes: z
        .array(identifier('a scope such as groups'))
        .refine((scopes) => scopes.includes('openid'), { error: 'expected openid among the scopes.' })
        .default(['openid', 'profile', 'email']),
      groupsClaim: identifier('the name of the claim that lists groups').default('groups'),
    }),
    session: z.strictObject({ accessToken: duration('1m', '1h').default(900) }).prefault({}),
    requests: z.strictObject({ pending: duration('1m', '168h').default(8 * 3600) }).prefault({}),
    policy: z.array(filePath).min(1, { error: 'expected at least one policy file.' }),
    aws: z
      .strictObject({
        audience: identifier('the audience that AWS expects, without spaces').default('sts.amazonaws.com'),
        stsEndpoint: field(
          'an https:// URL (http:// on loopback only)',
          (value) => webUrl(value)?.href,
        ).exactOptional(),
      })
      .prefault({}),
    workloads: workloads(filePath).exactOptional(),
    targets: z.array(
      z.strictObject({
        name: field('a name of lower-case letters, digits and hyphens such as prod-db', matching(TARGET_NAME)),
        description: field('one line of text, at most 200 characters', plainText(200)).exactOptional(),
        maxDuration: duration('1m', '168h'),
        labels: z.array(field('a label such as env=prod', plainText(100))).default([]),
        renewEvery: duration('15m', '1h').default(3600),
        channel: field('strict, or no such line', (value) =>
          CHANNEL_RULES.find((rule) => rule === value),
        ).exactOptional(),
        aws: awsAccess.exactOptional(),
        gcp: gcpAccess.exactOptional(),
        azure: azureAccess.exactOptional(),
        kubernetes: kubernetesAccess(filePath).exactOptional(),
      }),
    ),
  })
}

type Read = z.output<ReturnType<typeof configSchema>>

/** `certificateAuthority` and files of keys still are paths: `certificate-authorities.ts` and `workload-keys.ts` read them. */
export function toConfig(read: Read): Config {
  const { endpoint, listen, trustedProxies, store, idp, aws } = read
  return {
    endpoint,
    listen,
    trustedProxies,
    store,
    idp,
    aws,
    session: { accessTokenSeconds: read.session.accessToken },
    requests: { pendingSeconds: read.requests.pending },
    policyFiles: read.policy,
    targets: read.targets.map(toTarget),
    ...(read.workloads === undefined ? {} : { workloads: toWorkloads(read.workloads, endpoint) }),
  }
}

function toTarget(read: Read['targets'][number]): ConfiguredTarget {
  const { name, description, maxDuration, labels, renewEvery, channel, aws, gcp, azure, kubernetes } = read
  return defined({
    name,
    description,
    maxDurationSeconds: maxDuration,
    labels,
    renewEverySeconds: renewEvery,
    channel,
    aws: aws && toAwsAccess(name, aws),
    gcp: gcp && toGcpAccess(name, gcp),
    azure: azure && toAzureAccess(name, azure),
    kubernetes: kubernetes && toKubernetesAccess(name, kubernetes),
  })
}

const portOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : undefined

/** The whole value may be a reference to the environment, so that no password has to lie in the file. */
function databaseUrl(env: Surroundings['env']) {
  const expected =
    'postgresql://host/database without a password, or ${JIT_ENDPOINT_DATABASE_URL} and that variable set'
  return field(
    expected,
    (value) => {
      if (typeof value !== 'string') return undefined
      const [, variable] = /^\$\{([A-Z_][A-Z0-9_]*)\}$/.exec(value) ?? []
      const text = variable === undefined ? value : env[variable]
      if (text === undefined || !URL.canParse(text)) return undefined
      const url = new URL(text)
      if (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:') return undefined
      return variable === undefined && (url.password !== '' || url.searchParams.has('password')) ? undefined : text
    },
    'secret',
  )
}
