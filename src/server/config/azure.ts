import { z } from 'zod'
import { field, matching, plainText } from './field.ts'
import { profileName } from './profile-name.ts'
import type { AzureAccess } from './types.ts'

const GUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const SCOPE =
  /^\/(?:subscriptions\/[\da-f-]{36}(?:\/[\w.()-]{1,90})*|providers\/Microsoft\.Management\/managementGroups\/[\w.()-]{1,90})$/i
const ARM = 'https://management.azure.com'
/** Hosts of clouds that are not the public one: US Government, China, the former German one. */
const SOVEREIGN = /\.(?:us|cn|de|usgovcloudapi\.net|eaglex\.ic\.gov|scloud|chinacloudapi\.cn)$/

const guid = (what: string) =>
  field(`the id of ${what}, a GUID such as 3f2a9c1e-0d4b-4c66-9a55-7be1d2f0c8a1`, (value) =>
    matching(GUID)(typeof value === 'string' ? value.toLowerCase() : value),
  )

/** What the file says about a subscription, before the target's name fills in its profile. */
export const azureAccess = z.strictObject({
  tenant: guid('the tenant'),
  client: guid('the application'),
  subscription: guid('the subscription'),
  subscriptionName: field('the name of the subscription, at most 100 characters', plainText(100)).optional(),
  role: field('the name of a role such as Contributor, at most 128 characters', plainText(128)),
  scope: field(
    'an ARM scope such as /subscriptions/<id>/resourceGroups/data, without a slash at its end',
    matching(SCOPE),
  ).optional(),
  resources: z
    .array(
      field(
        `an audience such as https://vault.azure.net, without a slash at its end, other than ${ARM}, which is always there; of sovereign clouds none is supported yet`,
        resource,
      ),
    )
    .refine((all) => new Set(all).size === all.length, { error: 'expected each audience once.' })
    .default([]),
  profile: profileName.optional(),
})

function resource(value: unknown): string | undefined {
  const text = matching(/^https:\/\/[a-z0-9.-]{4,200}$/)(value)
  return text === undefined || text === ARM || SOVEREIGN.test(text) || !URL.canParse(text) ? undefined : text
}

export function toAzureAccess(name: string, read: z.output<typeof azureAccess>): AzureAccess {
  const { tenant, client, subscription, subscriptionName, role, scope, resources, profile } = read
  return {
    tenant,
    client,
    subscription,
    subscriptionName: subscriptionName ?? subscription,
    profile: profile ?? `jit-${name}`,
    role,
    scope: scope ?? `/subscriptions/${subscription}`,
    resources,
  }
}

/** A role outside the subscription would open nothing that the delivered profile shows. Raw values: see `contradictions.ts`. */
export function scopeIsElsewhere(scope: unknown, subscription: unknown): boolean {
  if (typeof scope !== 'string' || typeof subscription !== 'string') return false
  const [, of] = /^\/subscriptions\/([^/]*)/i.exec(scope) ?? []
  return of !== undefined && of.toLowerCase() !== subscription.toLowerCase()
}
