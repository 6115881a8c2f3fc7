import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SimulatorOptions } from '../../../simulators/azure/config.ts'
import { type AzureSimulator, startAzureSimulator } from '../../../simulators/azure/simulator.ts'
import { azureAccount, CLIENT, grantClaims, TENANT } from '../../../support/azure-account.ts'
import { type CloudCall, type CloudReply, type CloudServer, startCloudServer } from '../../../support/cloud-call.ts'
import { type Claims, type Issuer, startIssuer } from '../../../support/issuer.ts'

/** An issuer and a cloud whose application trusts it. */
export type World = { readonly issuer: Issuer; readonly azure: AzureSimulator; readonly server: CloudServer }
export async function startWorld(more: Partial<SimulatorOptions> = {}, wallNow?: () => number): Promise<World> {
  const issuer = await startIssuer()
  const azure = startAzureSimulator(azureAccount(issuer.url, more), wallNow)
  return { issuer, azure, server: await startCloudServer(azure.handle) }
}
export const stopWorld = ({ issuer, server }: World): Promise<unknown> => Promise.all([issuer.close(), server.close()])

export const ARM = 'https://management.azure.com'
export const ARM_SCOPE = 'https://management.core.windows.net//.default'
export const LOGIN = 'https://login.microsoftonline.com'

/** What a token request has that a good one has not. */
export type Defect = {
  readonly tenant?: string
  readonly form?: Readonly<Record<string, string | undefined>>
  readonly call?: CloudCall
  readonly claims?: Claims
  readonly header?: Readonly<Record<string, unknown>>
  /** Another assertion instead of the good one. */
  readonly assertion?: (good: string, world: World) => string | Promise<string>
}
/** A refusal by the token endpoint; a pattern stands for a message with numbers in it. */
export type Wire = readonly [status: number, error: string, code: number | string, message: string | RegExp]
export type Row = readonly [name: string, defect: Defect | ((world: World) => Defect), refusal: Wire]

/** A good request for a token, or one with this defect. */
export async function askToken(world: World, defect: Defect = {}): Promise<CloudReply> {
  const { tenant = TENANT, form, call, claims, header, assertion = (good) => good } = defect
  const { issuer, azure, server } = world
  const good = await issuer.sign(grantClaims(issuer.url, azure.clock.now(), claims), header)
  const sent = {
    grant_type: 'client_credentials',
    client_id: CLIENT,
    scope: ARM_SCOPE,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(good, world),
    ...form,
  }
  return server.call(`${LOGIN}/${tenant}/oauth2/v2.0/token`, { form: sent, ...call })
}

/** The access token of a good request. */
export async function tokenFor(world: World, scope = ARM_SCOPE, defect: Defect = {}): Promise<string> {
  const { status, json, text } = await askToken(world, { ...defect, form: { scope, ...defect.form } })
  if (status !== 200) throw new Error(text)
  return String(json['access_token'])
}

/** One test per row: the request without the defect is answered, with it refused in exactly these words. For use in a `describe`. */
export function testRefusals(rows: readonly Row[]): void {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => stopWorld(world))

  test.each(rows)('%s', async (_name, defect, [status, error, code, message]) => {
    expect(await askToken(world)).toMatchObject({ status: 200 })

    const reply = await askToken(world, typeof defect === 'function' ? defect(world) : defect)

    expect(reply.json).toMatchObject({ error, ...(typeof code === 'number' && { error_codes: [code] }) })
    expect(reply.status).toBe(status)
    const shown = typeof code === 'number' ? `AADSTS${code}: ` : ''
    expect(wordsOf(reply)).toMatch(exactly(message, shown))
  })
}

/** The description without the ids and the time that end it. */
export const wordsOf = ({ json }: CloudReply): string =>
  String(json['error_description']).replace(
    / Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
    '',
  )

/** Text as a pattern for the whole of itself. */
export const exactly = (message: string | RegExp, before = ''): RegExp =>
  typeof message === 'string'
    ? new RegExp(`^${`${before}${message}`.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`)
    : new RegExp(`^${before}${message.source}$`)

export const unsupported = (what: string): Wire => [
  501,
  'SimulatorUnsupported',
  'unsupported',
  `The Azure simulator does not know ${what}.`,
]
