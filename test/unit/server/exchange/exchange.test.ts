import { describe, expect, test } from 'vitest'
import { generateEphemeralKey } from '../../../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../../../src/client/exchange/unseal.ts'
import { readCloudCredential } from '../../../../src/contract/credential.ts'
import type { ConfiguredTarget } from '../../../../src/server/config/types.ts'
import { type Clouds, createExchange } from '../../../../src/server/exchange/exchange.ts'
import { Refusal } from '../../../../src/server/refusal.ts'
import { cloudsOf, issueFor } from '../../../support/aws-grant.ts'
import { everywhere, kubernetesTo } from '../../../support/cloud-targets.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const LATER = '2026-11-21T13:00:00Z'

/** Clouds that give what they were asked for, and remember it. */
function givingClouds() {
  const asked: [string, string][] = []
  const heard = <C extends string>(cloud: C, notAfter: string) => {
    asked.push([cloud, notAfter])
    return { cloud, expiration: LATER, notAfter }
  }
  const clouds: Clouds = {
    aws: async (_issue, { roleArn, region }, notAfter) => ({
      ...heard('aws', notAfter),
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 's',
      sessionToken: 't',
      roleArn,
      sessionArn: 'arn:aws:sts::123456789012:assumed-role/x/y',
      region,
    }),
    gcp: async (_issue, { project, provider: audience }, notAfter) => ({
      ...heard('gcp', notAfter),
      kind: 'federated',
      project,
      principal: 'jit:prod-db:alice',
      subjectToken: 'jwt',
      audience,
    }),
    azure: async (_issue, { tenant, client, subscription, subscriptionName, role }, notAfter) => ({
      ...heard('azure', notAfter),
      tenantId: tenant,
      clientId: client,
      subscriptionId: subscription,
      subscriptionName,
      role,
      tokens: [{ resource: 'https://management.azure.com', accessToken: 'at', expiresOn: LATER }],
    }),
    kubernetes: async (_issue, { cluster, server, groups }, notAfter) => ({
      ...heard('kubernetes', notAfter),
      cluster,
      server,
      groups,
      username: 'jit:prod-db:alice',
      token: 'jwt',
    }),
  }
  return { clouds, asked }
}

async function exchange(clouds: Clouds, target: ConfiguredTarget, seconds = 4 * 3600) {
  const { publicKey, privateKey } = generateEphemeralKey()
  const { grant, credentials } = await createExchange(clouds).exchange(issueFor(seconds, NOW), target, publicKey)
  return { grant, credentials, open: credentials.map((each) => unseal(each, privateKey, readCloudCredential)) }
}

describe('the exchange', () => {
  test('gives one sealed credential for each cloud of the target, which the contract reads', async () => {
    const { clouds } = givingClouds()
    const { credentials, open } = await exchange(clouds, everywhere())
    const names = ['aws', 'gcp', 'azure', 'kubernetes']
    expect(credentials).toEqual(names.map((cloud) => ({ cloud, profile: 'jit-prod-db', jwe: expect.any(String) })))
    expect(open.map(({ cloud }) => cloud)).toEqual(names)
  })

  test('asks only the clouds that the target opens', async () => {
    const { clouds } = givingClouds()
    const { aws: _, ...others } = everywhere()
    const { credentials } = await exchange(
      cloudsOf({ ...clouds, aws: () => Promise.reject(new Error('asked')) }),
      others,
    )
    expect(credentials.map(({ cloud }) => cloud)).toEqual(['gcp', 'azure', 'kubernetes'])
  })

  test('gives long grants in slices: those of clusters have a length of their own', async () => {
    const { clouds, asked } = givingClouds()
    const kubernetes = kubernetesTo({ renewEverySeconds: 1200 })
    await exchange(clouds, everywhere({ renewEverySeconds: 1800, kubernetes }))
    expect(Object.fromEntries(asked)).toEqual({
      aws: '2026-11-21T12:30:00Z',
      gcp: '2026-11-21T12:30:00Z',
      azure: '2026-11-21T12:30:00Z',
      kubernetes: '2026-11-21T12:20:00Z',
    })
    asked.length = 0
    await exchange(clouds, everywhere({ renewEverySeconds: 1800 }), 300)
    expect(new Set(asked.map(([, notAfter]) => notAfter))).toEqual(new Set(['2026-11-21T12:05:00Z']))
  })

  test('gives nothing where one cloud refuses, and tells it when all have ended', async () => {
    const { clouds, asked } = givingClouds()
    const order: string[] = []
    const refusing = {
      ...clouds,
      azure: () => Promise.reject(new Refusal('cloud_refused', 'Entra refused.')),
      kubernetes: (async (...args) => {
        await new Promise((resolve) => setImmediate(resolve))
        order.push('kubernetes ended')
        return clouds.kubernetes(...args)
      }) satisfies Clouds['kubernetes'],
    }
    const refused = exchange(refusing, everywhere()).finally(() => order.push('refused'))
    await expect(refused).rejects.toMatchObject({ code: 'cloud_refused', message: 'Entra refused.' })
    expect(order).toEqual(['kubernetes ended', 'refused'])
    expect(asked.map(([cloud]) => cloud)).toEqual(['aws', 'gcp', 'kubernetes'])
  })

  test('of a grant that ended asks no cloud', async () => {
    const { clouds, asked } = givingClouds()
    await expect(exchange(clouds, everywhere(), 0)).rejects.toMatchObject({ code: 'grant_ended' })
    expect(asked).toEqual([])
  })
})
