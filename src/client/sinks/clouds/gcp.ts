import { join } from 'node:path'
import type { GcpCredential } from '../../../contract/credential.ts'
import { unsafeValue } from '../unsafe-value.ts'
import type { FileContent, Intent } from './types.ts'

/** A credential after the exchange. `accessTokenExpires`: ms since 1970 on this machine's clock. */
export type GcpDelivered = GcpCredential & { readonly accessToken: string; readonly accessTokenExpires: number }

/** Private files of one delivery in the lease's directory. */
export const accessTokenFile = ({ directory, profile }: Intent): string =>
  join(directory, `gcp-${profile}.access-token`)
export const subjectTokenFile = ({ directory, profile }: Intent): string =>
  join(directory, `gcp-${profile}.subject-token`)
export const adcFile = ({ directory, profile }: Intent): string => join(directory, `gcp-${profile}.adc.json`)
export const gcloudDirectory = ({ directory, profile }: Intent): string => join(directory, `gcloud-${profile}`)

/** A file of a client that is nothing but one token. Always unlinked at the end: gcloud sends an empty one (aws-gcloud.md §5a). */
export const tokenContent = (name: string, token: string): FileContent => ({
  content: safe(name, token, TOKEN),
  secrets: [token],
})

/** What tells the libraries where the subject token comes from. */
type CredentialSource =
  | { readonly file: string }
  | { readonly executable: { readonly command: string; readonly timeout_millis: number } }

/**
 * Application default credentials of workload identity federation (google.aip.dev/auth/4117). Google's STS bounds what comes
 * back by the subject token's own end, so these end by themselves.
 */
export function adcContent(credential: GcpDelivered, source: CredentialSource): FileContent | undefined {
  if (credential.kind !== 'federated') return undefined
  const adc = {
    universe_domain: 'googleapis.com',
    type: 'external_account',
    audience: safe('audience', credential.audience, AUDIENCE),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: source,
  }
  return { content: `${JSON.stringify(adc, undefined, 2)}\n`, secrets: [] }
}

/** The library would send the token to whatever it is told; only a workload identity pool's provider may be named. */
const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{1,64}\/providers\/[a-z0-9-]{1,64}$/
const TOKEN = /^[\w.~+/=-]{16,16384}$/

/** Values of one line that gcloud's parser takes as they are. */
export const checkedProperties = ({ project, principal, region }: GcpDelivered) => ({
  project: safe('project', project, /^[a-z0-9][a-z0-9.:-]{0,127}$/),
  principal: safe('principal', principal, /^[\x21-\x7e]{1,512}$/),
  ...(region === undefined ? {} : { region: safe('region', region, /^[a-z0-9-]{1,63}$/) }),
})

function safe(name: string, value: string, form: RegExp): string {
  if (form.test(value)) return value
  throw unsafeValue(name, "gcloud's files")
}

/** Google's libraries ask the resource manager for the project's id where they are not told, which a role may not permit. */
export const projectVariables = (project: string | undefined): Readonly<Record<string, string>> =>
  project === undefined ? {} : { GOOGLE_CLOUD_PROJECT: project, CLOUDSDK_CORE_PROJECT: project }
