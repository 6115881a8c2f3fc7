import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryTimes, isRenewed, needsRenewal } from '../../../src/client/slices.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import type { AwsCredential, AzureCredential, KubernetesCredential } from '../../../src/contract/credential.ts'
import { awsCredential } from '../../support/aws-lease.ts'
import { iso, NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'

const MINUTE = 60_000
const aws = (expiration: number, notAfter: number): AwsCredential => ({
  ...awsCredential(),
  expiration: iso(expiration),
  notAfter: iso(notAfter),
})
const azure = (notAfter: number, ...ends: readonly number[]): AzureCredential => ({
  cloud: 'azure',
  expiration: iso(Math.max(...ends)),
  notAfter: iso(notAfter),
  tenantId: 't',
  clientId: 'c',
  subscriptionId: 's',
  subscriptionName: 'S',
  role: 'Reader',
  tokens: ends.map((end) => ({ resource: 'https://management.azure.com', accessToken: 'x', expiresOn: iso(end) })),
})
const kubernetes = (end: number): KubernetesCredential => ({
  cloud: 'kubernetes',
  expiration: iso(end),
  notAfter: iso(end),
  cluster: 'c',
  server: 'https://k8s.example',
  username: 'anne',
  groups: [],
  token: 'x.y.z',
})
const frame = (grantMinutes: number, clockOffsetMs = 0) => ({
  now: NOW,
  grantEndsAt: NOW + grantMinutes * MINUTE,
  clockOffsetMs,
})

describe('until when a cloud takes a credential, and when the next is due', () => {
  test('AWS: to the fence, though the session lives longer; renewed with a third left, ten minutes at most', () => {
    expect(entryTimes(aws(NOW + 60 * MINUTE, NOW + 15 * MINUTE), frame(60))).toEqual({
      validUntil: NOW + 15 * MINUTE,
      renewAt: NOW + 10 * MINUTE,
    })
    expect(entryTimes(aws(NOW + 60 * MINUTE, NOW + 60 * MINUTE), frame(480))).toEqual({
      validUntil: NOW + 60 * MINUTE,
      renewAt: NOW + 50 * MINUTE,
    })
  })

  test('the last slice has no next one, nor has one that ends a moment before the grant', () => {
    expect(entryTimes(kubernetes(NOW + 15 * MINUTE), frame(15))).toEqual({ validUntil: NOW + 15 * MINUTE })
    expect(entryTimes(kubernetes(NOW + 15 * MINUTE - 2000), frame(15))).toEqual({
      validUntil: NOW + 15 * MINUTE - 2000,
    })
  })

  test('Azure: a token works to its own end, after the slice; the one that ends first counts for the next', () => {
    const long = azure(NOW + 60 * MINUTE, NOW + 75 * MINUTE, NOW + 90 * MINUTE)
    expect(entryTimes(long, frame(480))).toEqual({ validUntil: NOW + 90 * MINUTE, renewAt: NOW + 50 * MINUTE })
    const short = azure(NOW + 60 * MINUTE, NOW + 90 * MINUTE, NOW + 30 * MINUTE)
    expect(entryTimes(short, frame(480))).toMatchObject({ renewAt: NOW + 20 * MINUTE })
  })

  test('in the time of this machine, whose clock may differ', () => {
    const off = 90_000
    const { now, grantEndsAt } = frame(60)
    expect(
      entryTimes(kubernetes(NOW + 15 * MINUTE), { now: now + off, grantEndsAt: grantEndsAt + off, clockOffsetMs: off }),
    ).toEqual({ validUntil: NOW + 15 * MINUTE + off, renewAt: NOW + 10 * MINUTE + off })
  })

  test('whatever a cloud answers: due before its end, never after the grant’s, and early enough to be of use', () => {
    const minutes = fc.integer({ min: -5, max: 600 }).map((each) => NOW + each * MINUTE)
    const credential = fc.oneof(
      fc.tuple(minutes, minutes).map(([expiration, notAfter]) => aws(expiration, notAfter)),
      fc.tuple(minutes, minutes, minutes).map(([notAfter, one, other]) => azure(notAfter, one, other)),
      minutes.map(kubernetes),
    )
    fc.assert(
      fc.property(
        credential,
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: -300_000, max: 300_000 }),
        (of, grant, offset) => {
          const { validUntil, renewAt } = entryTimes(of, frame(grant, offset))
          if (renewAt === undefined) return
          const notAfter = Date.parse(of.notAfter) + offset
          expect(renewAt).toBeLessThanOrEqual(validUntil)
          expect(renewAt).toBeLessThanOrEqual(notAfter)
          expect(renewAt).toBeLessThan(NOW + grant * MINUTE)
          const isOfUse = notAfter > NOW && validUntil > NOW && of.cloud !== 'azure'
          expect(renewAt).toBeGreaterThanOrEqual(isOfUse ? NOW : Number.NEGATIVE_INFINITY)
        },
      ),
    )
  })
})

describe('a slice', () => {
  const [entry] = lease('prod-db').entries
  if (entry === undefined) throw new Error('a lease without entry')
  const at = (renewAt: number): Lease =>
    lease('prod-db', { entries: [entry, { ...entry, renewAt }], writtenAt: NOW, writtenAtBootSeconds: 600 })

  test('is due at its time, and where one of several is', () => {
    const clock = new FakeClock(NOW, 600)
    expect(needsRenewal(at(NOW + 1), clock)).toBe(false)
    expect(needsRenewal(at(NOW), clock)).toBe(true)
    expect(needsRenewal(lease('prod-db'), clock)).toBe(false)
  })

  test('is due by the boot clock too, where the wall clock was set back or stands', () => {
    expect(needsRenewal(at(NOW + MINUTE), new FakeClock(NOW - 3_600_000, 660))).toBe(true)
    expect(needsRenewal(at(NOW + MINUTE), new FakeClock(NOW - 3_600_000, 659))).toBe(false)
  })

  test('counts as renewed once a secret of the old one is gone from the record, not while both are in it', () => {
    const [place] = lease('prod-db').places
    if (place === undefined) throw new Error('a lease without place')
    const holding = (...secretHashes: string[]): Lease => lease('prod-db', { places: [{ ...place, secretHashes }] })
    expect(isRenewed(holding('a', 'b'), holding('a', 'b'))).toBe(false)
    expect(isRenewed(holding('a', 'b', 'c'), holding('a', 'b'))).toBe(false)
    expect(isRenewed(holding('c'), holding('a', 'b'))).toBe(true)
    expect(isRenewed(holding('c'), holding('a', 'c'))).toBe(true)
  })
})
