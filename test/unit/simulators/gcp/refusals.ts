import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GcpSimulator, startGcpSimulator } from '../../../simulators/gcp/simulator.ts'
import { type Changes, gcpOrganisation, grantClaims, SERVICE_ACCOUNT } from '../../../support/gcp-organisation.ts'
import {
  type Call,
  call,
  exchangeCall,
  type Parameters,
  type Reply,
  serveGcp,
  tokenOf,
} from '../../../support/gcp-request.ts'
import type { TestServer } from '../../../support/http-server.ts'
import { type Claims, type Issuer, startIssuer } from '../../../support/issuer.ts'

export const STS = 'sts.googleapis.com'
export const IAM = 'iamcredentials.googleapis.com'
export const STORAGE = 'storage.googleapis.com'
export const PROJECTS = 'cloudresourcemanager.googleapis.com'

/** An issuer and a cloud that trusts it. */
export type World = { readonly issuer: Issuer; readonly gcp: GcpSimulator; readonly server: TestServer }
export async function startWorld(
  changes: Changes | ((issuer: Issuer) => Changes) = {},
  wallNow?: () => number,
): Promise<World> {
  const issuer = await startIssuer()
  const wanted = typeof changes === 'function' ? changes(issuer) : changes
  const gcp = await startGcpSimulator(gcpOrganisation(issuer.url, wanted), wallNow)
  return { issuer, gcp, server: await serveGcp(gcp) }
}
export const stopWorld = ({ issuer, gcp, server }: World): Promise<unknown> =>
  Promise.all([issuer.close(), gcp.close(), server.close()])

/** What a call has that a good one has not. */
export type Defect = {
  readonly parameters?: Parameters
  readonly headers?: Readonly<Record<string, string>>
  readonly claims?: Claims
  readonly header?: Readonly<Record<string, unknown>>
  /** Another token instead of the good one. */
  readonly token?: (good: string, world: World) => string | Promise<string>
  /** Changes the whole call at last. */
  readonly change?: (good: Call) => Call
}

/** A good token exchange, or one with this defect. */
export async function exchange(world: World, defect: Defect = {}): Promise<Reply> {
  const { parameters, headers, claims, header, token = (good) => good, change = (good) => good } = defect
  const good = await world.issuer.sign(grantClaims(world.issuer.url, world.gcp.clock.now(), claims), header)
  return call(world.server.port, STS, change(exchangeCall(await token(good, world), parameters, headers)))
}

export const federated = async (world: World, defect: Defect = {}): Promise<string> =>
  tokenOf(await exchange(world, defect))

export type Body = Readonly<Record<string, unknown>>
export const SCOPE = ['https://www.googleapis.com/auth/cloud-platform']
export const generateCall = (token: string, body: Body = { scope: SCOPE, lifetime: '900s' }): Call => ({
  method: 'POST',
  path: `/v1/projects/-/serviceAccounts/${SERVICE_ACCOUNT}:generateAccessToken`,
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const impersonated = async (world: World, body?: Body): Promise<string> =>
  tokenOf(await call(world.server.port, IAM, generateCall(await federated(world), body)))

export const get = (
  world: World,
  host: string,
  path: string,
  token: string | undefined,
  headers: Call['headers'] = {},
) =>
  call(world.server.port, host, {
    path,
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  })

export const listProjects = (world: World, token: string | undefined) => get(world, PROJECTS, '/v1/projects', token)
export const listBuckets = (world: World, token: string | undefined) =>
  get(world, STORAGE, '/storage/v1/b?project=acme-prod', token)

/** A refusal of the token service as it is on the wire; a pattern stands for a description with numbers in it. */
export type Wire = readonly [status: number, code: string, description: string | RegExp]
export type Row = readonly [name: string, defect: Defect | ((world: World) => Defect), refusal: Wire]

/** One test per row: the exchange without the defect is accepted, with it refused in exactly these words. To be called in a `describe`. */
export function testRefusals(rows: readonly Row[], start: () => Promise<World> = startWorld): void {
  let world: World
  beforeAll(async () => {
    world = await start()
  })
  afterAll(() => stopWorld(world))

  test.each(rows)('%s', async (_name, defect, [status, code, description]) => {
    expect(await exchange(world)).toMatchObject({ status: 200 })

    const reply = await exchange(world, typeof defect === 'function' ? defect(world) : defect)

    expect(wireOf(reply)).toEqual([status, code, expect.stringMatching(exactly(description))])
  })
}

/** Both forms: OAuth's of the token service, and what every Google API has in common. */
function wireOf(reply: Reply): readonly unknown[] {
  const { status } = reply
  const { error, error_description } = Object(reply.json)
  return typeof error === 'string' ? [status, error, error_description] : [status, reasonOf(reply), messageOf(reply)]
}

export const messageOf = ({ json }: Reply): unknown => Object(Object(json).error).message

export const reasonOf = ({ json }: Reply): unknown => Object(Object(json).error).details?.[0]?.reason

/** Text as a pattern for the whole of itself. */
export const exactly = (message: string | RegExp): RegExp =>
  typeof message === 'string' ? new RegExp(`^${message.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`) : message

export const grant = (description: string | RegExp): Wire => [400, 'invalid_grant', description]
export const invalid = (description: string | RegExp): Wire => [400, 'invalid_request', description]
export const unsupported = (what: string): Wire => [
  501,
  'SimulatorUnsupported',
  `The Google Cloud simulator does not know ${what}.`,
]
