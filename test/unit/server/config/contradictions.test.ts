import { describe, expect, test } from 'vitest'
import { GCP, AZURE, KUBERNETES, target, other, file, faultsOf } from '../../../support/cloud-config.ts'

describe('two targets', () => {
  test.each([GCP, AZURE, KUBERNETES])('may share what they open, but not the profile in one cloud', async (block) => {
    expect(await faultsOf(file(target(block), other(block)))).toEqual([])
    const faults = await faultsOf(file(target(block), other(`${block}      profile: jit-prod-db\n`)))
    expect(faults).toEqual([expect.stringContaining('profile: "jit-prod-db" is already taken by another target.')])
  })

  test('may have one profile name in different clouds', async () => {
    expect(await faultsOf(file(target(GCP), other(`${KUBERNETES}      profile: jit-prod-db\n`)))).toEqual([])
  })

  test.each<[string, string, string]>([
    [
      'one application with two roles',
      other(AZURE.replace('SQL DB Contributor', 'Owner')),
      'targets[1].azure.client: targets[0] has this application with another',
    ],
    [
      'one application at two scopes',
      other(`${AZURE}      scope: /subscriptions/C4D0F6B1-2a3e-4d5c-8b7a-9e0f1a2b3c4d/resourceGroups/x\n`),
      'targets[1].azure.client: targets[0] has this application',
    ],
    [
      'one audience for two clusters',
      other(KUBERNETES.replace('k8s.prod.corp.example:6443', 'k8s.test')),
      'targets[1].kubernetes.audience: another cluster has this audience',
    ],
    [
      'one service account with other roles',
      other(`${GCP}      serviceAccount: jit-prod-db@corp-prod.iam.gserviceaccount.com\n      roles: [roles/owner]\n`),
      'targets[1].gcp.serviceAccount: another target has this service account',
    ],
  ])('with %s are refused: a token for one would open both', async (_what, second, expected) => {
    const first = target(
      `${GCP}      serviceAccount: jit-prod-db@corp-prod.iam.gserviceaccount.com\n`,
      AZURE,
      KUBERNETES,
    )
    expect(await faultsOf(file(first, second))).toEqual([expect.stringContaining(expected)])
  })

  test('of a name too long for a profile in any cloud say which to set', async () => {
    const long = target(GCP, KUBERNETES).replace('prod-db', 'p'.repeat(60))
    expect(await faultsOf(file(long))).toEqual([
      expect.stringContaining('jit-<name>: set gcp.profile and kubernetes.profile.'),
    ])
  })

  test('are not more than Entra takes for one application', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => target(AZURE).replace('prod-db', `db-${index}`))
    expect(await faultsOf(file(...many(20)))).toEqual([])
    expect(await faultsOf(file(...many(21)))).toEqual([
      expect.stringContaining('targets[20].azure.client: an application takes 20 targets at most.'),
    ])
  })
})
