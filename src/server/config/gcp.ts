import { z } from 'zod'
import { defined } from '../../base/defined.ts'
import { field, matching } from './field.ts'
import { profileName } from './profile-name.ts'
import type { GcpAccess } from './types.ts'

/** Old projects carry their domain: `corp.example:prod`. */
const PROJECT = /^(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/
/** Names of pools and providers have 4 to 32 characters; those that start with `gcp-` are Google's own. */
const PROVIDER =
  /^projects\/\d{1,19}\/locations\/global\/workloadIdentityPools\/(?!gcp-)[a-z0-9-]{4,32}\/providers\/(?!gcp-)[a-z0-9-]{4,32}$/
/** Only such as somebody made: the default ones of App Engine and Compute Engine may do far too much. */
const SERVICE_ACCOUNT = /^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.-]{4,60}\.iam\.gserviceaccount\.com$/
const ROLE = /^(?:roles|projects\/[a-z0-9.:-]{4,90}\/roles|organizations\/\d{1,19}\/roles)\/[\w.]{1,100}$/
const REGION = /^[a-z]{2,20}-[a-z]{2,20}\d{1,2}$/

/** What the file says about a project, before the target's name fills in its configuration. */
export const gcpAccess = z.strictObject({
  project: field('the id of a project such as corp-prod', matching(PROJECT)),
  provider: field(
    'projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider> with the number of the project, not its id, and names of 4 to 32 characters',
    matching(PROVIDER),
  ),
  serviceAccount: field(
    'the email of a service account such as jit-prod-db@corp-prod.iam.gserviceaccount.com',
    matching(SERVICE_ACCOUNT),
  ).optional(),
  roles: z.array(field('an IAM role such as roles/cloudsql.client', matching(ROLE))).default([]),
  region: field('a region such as europe-west3', matching(REGION)).optional(),
  profile: profileName.optional(),
})

export function toGcpAccess(name: string, read: z.output<typeof gcpAccess>): GcpAccess {
  const { project, provider, serviceAccount, roles, region, profile } = read
  return defined({ project, provider, profile: profile ?? `jit-${name}`, region, serviceAccount, roles })
}
