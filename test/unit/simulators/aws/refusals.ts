import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AwsSimulator, startAwsSimulator } from '../../../simulators/aws/simulator.ts'
import { awsAccount, grantClaims, roleArn } from '../../../support/aws-account.ts'
import { query, type Reply } from '../../../support/aws-request.ts'
import { type Claims, type Issuer, startIssuer } from '../../../support/issuer.ts'

/** An issuer and a cloud whose account trusts it. */
export type World = { readonly issuer: Issuer; readonly aws: AwsSimulator }
export async function startWorld(
  roles: (issuer: string) => Parameters<typeof awsAccount>[1] = () => ({}),
): Promise<World> {
  const issuer = await startIssuer()
  return { issuer, aws: await startAwsSimulator(awsAccount(issuer.url, roles(issuer.url))) }
}
export const stopWorld = ({ issuer, aws }: World): Promise<unknown> => Promise.all([issuer.close(), aws.close()])

/** What a call has that a good one has not. */
export type Defect = {
  readonly parameters?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly claims?: Claims
  readonly header?: Readonly<Record<string, unknown>>
  /** Another token instead of the good one. */
  readonly token?: (good: string, world: World) => string | Promise<string>
}
/** A refusal as it is on the wire; a pattern stands for a message with numbers in it. */
export type Wire = readonly [status: number, code: string, message: string | RegExp]
export type Row = readonly [name: string, defect: Defect | ((world: World) => Defect), refusal: Wire]

/** A good call of AssumeRoleWithWebIdentity, or one with this defect. */
export async function assume(world: World, defect: Defect = {}): Promise<Reply> {
  const { parameters, headers, claims, header, token = (good) => good } = defect
  const { issuer, aws } = world
  const good = await issuer.sign(grantClaims(issuer.url, aws.clock.now(), claims), header)
  const call = {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn('prod-db'),
    RoleSessionName: 'alice-g_1',
    WebIdentityToken: await token(good, world),
    DurationSeconds: '900',
    ...parameters,
  }
  return query(aws.url, call, headers)
}

/** One test per row: the call without the defect is accepted, with it refused in exactly these words. To be called in a `describe`. */
export function testRefusals(rows: readonly Row[], start: () => Promise<World> = startWorld): void {
  let world: World
  beforeAll(async () => {
    world = await start()
  })
  afterAll(() => stopWorld(world))

  test.each(rows)('%s', async (_name, defect, [status, code, message]) => {
    expect(await assume(world)).toMatchObject({ status: 200 })

    const reply = await assume(world, typeof defect === 'function' ? defect(world) : defect)

    expect({ status: reply.status, code: reply.code }).toEqual({ status, code })
    expect(reply.message).toMatch(exactly(message))
  })
}

/** Text as a pattern for the whole of itself. */
export const exactly = (message: string | RegExp): RegExp =>
  typeof message === 'string' ? new RegExp(`^${message.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`) : message

export const invalidToken = (message: string | RegExp): Wire => [400, 'InvalidIdentityToken', message]
export const invalidCall = (problem: string): Wire => [
  400,
  'ValidationError',
  `1 validation error detected: ${problem}`,
]
export const unsupported = (what: string): Wire => [
  501,
  'SimulatorUnsupported',
  `The AWS simulator does not know ${what}.`,
]
export const NO_KEY =
  "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"
