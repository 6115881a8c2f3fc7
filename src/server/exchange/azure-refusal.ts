import { oauthErrorIn } from '../../base/oauth-error.ts'
import type { HttpResponse } from '../../platform/http.ts'
import type { Refusal } from '../refusal.ts'
import { cloudRefusal, isTemporary, plainCode, type Said } from './cloud-refusal.ts'
import type { LastCall } from './guarded-http.ts'

const TRUST = 'Compare with: jit-endpoint trust azure'
const FEDERATED = `The application has no federated credential for exactly this`
/** What an administrator can do about each error of Entra (clouds.md §4.1; learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"). */
const HINTS: Readonly<Record<string, string>> = {
  AADSTS70021: `${FEDERATED} issuer, subject and audience, or it is only minutes old. ${TRUST}`,
  AADSTS700211: `${FEDERATED} issuer; a slash at its end counts. ${TRUST}`,
  AADSTS700212: `${FEDERATED} audience. ${TRUST}`,
  AADSTS700213: `${FEDERATED} subject, or it is only minutes old. ${TRUST}`,
  AADSTS700024: "Entra sees the grant token as expired or not valid yet. Check the endpoint's clock.",
  AADSTS700027: 'Entra must reach the discovery document and keys of this endpoint over public HTTPS.',
  AADSTS5000611: 'Entra must reach the discovery document and keys of this endpoint over public HTTPS.',
  AADSTS700016: 'The tenant has no such application. Check azure.client and azure.tenant of this target.',
  AADSTS90002: 'There is no such tenant. Check azure.tenant of this target.',
  AADSTS7000112: 'The application is disabled: enable its service principal.',
  AADSTS7000229: `The application has no service principal in this tenant. ${TRUST}`,
  AADSTS500011: 'The tenant does not know one of azure.resources of this target.',
  AADSTS650057: 'The application may not ask for one of azure.resources of this target.',
  AADSTS53003: 'A Conditional Access policy for workload identities blocks the endpoint: name its address as allowed.',
}
/** A federated credential is there minutes after it was made. */
const NOT_YET: ReadonlySet<string> = new Set(['AADSTS70021', 'AADSTS700211', 'AADSTS700213'])

type Context = { readonly client: string; readonly resource: string; readonly secrets: readonly string[] }

export function azureRefusal(last: LastCall, { client, resource, secrets }: Context): Refusal {
  const who = `application ${client} at ${resource}`
  return cloudRefusal(last, {
    cloud: 'Entra',
    who,
    at: 'login.microsoftonline.com',
    said: saidIn,
    hints: HINTS,
    secrets,
  })
}

/** Worth another try at once: throttled, broken for the moment, or a credential that has not spread yet. */
export const isWorthRetrying = ({ answer }: LastCall): boolean =>
  answer === undefined || isTemporary(answer) || NOT_YET.has(saidIn(answer).code)

/** `{"error":"invalid_client","error_description":"AADSTS700213: No matching … Trace ID: …"}` */
function saidIn({ text, status }: HttpResponse): Said {
  const { error = '', description = '' } = oauthErrorIn(text) ?? {}
  const words = description.replace(/\s*Trace ID:[\s\S]*$/, '')
  const [code = ''] = /\bAADSTS\d{4,8}\b/.exec(words) ?? []
  return { code, words: words === '' ? plainCode(error, `HTTP ${status}`) : words }
}
