import { z } from 'zod'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import type { Iam } from './iam.ts'
import { CLOUD_PLATFORM, checkScopes, principals, type Session, type Tokens } from './tokens.ts'
import { GoogleError, Unsupported } from './wire.ts'

const METHOD = /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/:]+):([A-Za-z]+)$/
const PERMISSION = 'iam.serviceAccounts.getAccessToken'
const MAX_LIFE_SECONDS = 3600

/** `null` stands for an absent member (ProtoJSON); Google's Python library sends it for `delegates`. */
const body = z.strictObject({
  scope: z.array(z.string()).nullish(),
  lifetime: z.string().nullish(),
  delegates: z.array(z.string()).nullish(),
})

export type IamCredentialsDeps = { readonly iam: Iam; readonly tokens: Tokens; readonly now: () => number }

/** `projects.serviceAccounts.generateAccessToken` of the IAM Service Account Credentials API v1. */
export function generateAccessToken(request: WireRequest, caller: Session, deps: IamCredentialsDeps): Answer {
  const [, project, account, method] = METHOD.exec(decodeURIComponent(request.path)) ?? []
  if (method !== 'generateAccessToken' || account === undefined || request.method !== 'POST')
    throw new Unsupported(`${request.method} ${request.path} of iamcredentials.googleapis.com`)
  for (const name of request.query.keys())
    if (name !== 'alt') throw new Unsupported(`the parameter ${name} of this call`)
  if (project !== '-') throw new GoogleError(400, 'Invalid form of account ID. The project must be the wildcard "-".')
  const { scope, lifetime, delegates } = parse(request.body.toString('utf8'))
  if ((delegates ?? []).length > 0) throw new Unsupported('delegates')
  const seconds = secondsOf(lifetime ?? `${MAX_LIFE_SECONDS}s`)
  const scopes = scopesOf(scope ?? [])
  allow(caller, account, deps)

  const expiresAt = (Math.floor(deps.now() / 1000) + seconds) * 1000
  const accessToken = deps.tokens.issue({ kind: 'serviceAccount', email: account, scopes, expiresAt })
  return jsonAnswer(200, { accessToken, expireTime: new Date(expiresAt).toISOString().replace('.000Z', 'Z') })
}

function parse(text: string): z.infer<typeof body> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new GoogleError(400, 'Invalid JSON payload received.')
  }
  const parsed = body.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue?.code === 'unrecognized_keys')
    throw new GoogleError(400, `Invalid JSON payload received. Unknown name "${issue.keys[0]}": Cannot find field.`)
  throw new GoogleError(400, `Invalid value at '${issue?.path.join('.') ?? ''}'`)
}

/** A google.protobuf.Duration in JSON: seconds with an `s`. */
function secondsOf(lifetime: string): number {
  const [, digits] = /^(-?\d{1,12})s$/.exec(lifetime) ?? []
  if (digits === undefined)
    throw new GoogleError(
      400,
      `Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), "${lifetime}"`,
    )
  const seconds = Number(digits)
  if (seconds <= 0) throw new GoogleError(400, 'Lifetime of access token must be larger then zero.')
  if (seconds > MAX_LIFE_SECONDS)
    throw new GoogleError(
      400,
      'Access tokens can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.',
    )
  return seconds
}

/** One empty scope stands for cloud-platform; none at all is refused. */
function scopesOf(scope: readonly string[]): readonly string[] {
  if (scope.length === 0) throw new GoogleError(400, 'Scope is required.')
  if (scope.length === 1 && scope[0] === '') return [CLOUD_PLATFORM]
  for (const each of scope)
    if (!/^(https:\/\/|openid$)/.test(each)) throw new GoogleError(400, `Invalid scope "${each}".`)
  checkScopes(scope)
  return scope
}

function allow(caller: Session, account: string, { iam, tokens }: IamCredentialsDeps): void {
  const disabled = tokens.isDisabled(account)
  if (disabled === undefined) throw new GoogleError(404, `Not found; Gaia id not found for email ${account}`)
  if (disabled || !iam.allows(principals(caller), PERMISSION, `serviceAccounts/${account}`))
    throw new GoogleError(403, `Permission '${PERMISSION}' denied on resource (or it may not exist).`, {
      reason: 'IAM_PERMISSION_DENIED',
      domain: 'iam.googleapis.com',
      metadata: { permission: PERMISSION },
    })
}
