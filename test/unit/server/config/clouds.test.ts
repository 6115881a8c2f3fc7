import { describe, expect, test } from 'vitest'
import { GCP, AZURE, KUBERNETES, target, file, accessOf, faultsOf, but, also } from '../../../support/cloud-config.ts'

describe('a target', () => {
  test('may open all clouds but AWS, each with its defaults', async () => {
    expect(await accessOf(file(target(GCP, AZURE, KUBERNETES)))).toEqual({
      name: 'prod-db',
      maxDurationSeconds: 14_400,
      labels: [],
      renewEverySeconds: 3600,
      gcp: {
        project: 'corp-prod',
        provider: 'projects/123456789012/locations/global/workloadIdentityPools/jit-pool/providers/jit-endpoint',
        profile: 'jit-prod-db',
        roles: [],
      },
      azure: {
        tenant: '3f2a9c1e-0d4b-4c66-9a55-7be1d2f0c8a1',
        client: '8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90',
        subscription: 'c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d',
        subscriptionName: 'c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d',
        profile: 'jit-prod-db',
        role: 'SQL DB Contributor',
        scope: '/subscriptions/c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d',
        resources: [],
      },
      kubernetes: {
        cluster: 'prod-eu',
        server: 'https://k8s.prod.corp.example:6443',
        audience: 'https://k8s.prod.corp.example',
        groups: ['jit:prod-db'],
        profile: 'jit-prod-db',
        renewEverySeconds: 900,
      },
    })
  })

  test('may say everything itself', async () => {
    const gcp = `${GCP}      serviceAccount: jit-prod-db@corp-prod.iam.gserviceaccount.com\n      roles: [roles/cloudsql.admin, projects/corp-prod/roles/dba, organizations/123/roles/x]\n      region: europe-west3\n      profile: db\n`
    const azure = `${AZURE}      subscriptionName: Corp Production\n      scope: /subscriptions/c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d/resourceGroups/data\n      resources: [https://vault.azure.net, https://graph.microsoft.com]\n      profile: db\n`
    const kubernetes = `${KUBERNETES}      groups: [dba, "jit:all"]\n      namespace: data\n      renewEvery: 30m\n      profile: db\n`
    const read = await accessOf(file(target('    renewEvery: 45m\n', gcp, azure, kubernetes)))
    expect(read).toMatchObject({
      renewEverySeconds: 2700,
      gcp: {
        serviceAccount: 'jit-prod-db@corp-prod.iam.gserviceaccount.com',
        roles: ['roles/cloudsql.admin', 'projects/corp-prod/roles/dba', 'organizations/123/roles/x'],
        region: 'europe-west3',
        profile: 'db',
      },
      azure: {
        subscriptionName: 'Corp Production',
        scope: '/subscriptions/c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d/resourceGroups/data',
        resources: ['https://vault.azure.net', 'https://graph.microsoft.com'],
        profile: 'db',
      },
      kubernetes: { groups: ['dba', 'jit:all'], namespace: 'data', renewEverySeconds: 1800, profile: 'db' },
    })
  })

  test('may have one letter where AWS is not opened, and one name in several clouds', async () => {
    expect(await faultsOf(file(target(GCP, KUBERNETES).replace('name: prod-db', 'name: p')))).toEqual([])
  })
})

describe('a block', () => {
  test.each<[string, string, string]>([
    [
      'a project by its number',
      but(GCP, /corp-prod/, '"123456789012"'),
      '9: targets[0].gcp.project: expected the id of a project such as corp-prod, not',
    ],
    [
      'a provider of a project by its id',
      but(GCP, /\d{12}/, 'corp-prod'),
      '10: targets[0].gcp.provider: expected projects/<number>/',
    ],
    ['a pool with a name too short for Google', but(GCP, /jit-pool/, 'jit'), '10: targets[0].gcp.provider: expected'],
    [
      "a pool with one of Google's own names",
      but(GCP, /jit-pool/, 'gcp-pool'),
      '10: targets[0].gcp.provider: expected',
    ],
    [
      'a provider with its scheme',
      but(GCP, /projects/, '//iam.googleapis.com/projects'),
      '10: targets[0].gcp.provider: expected',
    ],
    [
      'a service account of Compute Engine',
      also(GCP, 'serviceAccount: 123-compute@developer.gserviceaccount.com'),
      '11: targets[0].gcp.serviceAccount: expected the email of a service account',
    ],
    [
      'a service account that leads elsewhere',
      also(GCP, 'serviceAccount: "jit-prod@x/y.iam.gserviceaccount.com"'),
      '11: targets[0].gcp.serviceAccount: expected',
    ],
    [
      'a role without its collection',
      also(GCP, 'roles: [cloudsql.admin]'),
      '11: targets[0].gcp.roles[0]: expected an IAM role',
    ],
    ['a zone for a region', also(GCP, 'region: europe-west3-a'), '11: targets[0].gcp.region: expected a region'],
    [
      'an unknown field',
      also(GCP, 'serviceAcount: x'),
      '11: targets[0].gcp.serviceAcount is no field of this file; did you mean serviceAccount.',
    ],
    [
      'no GUID',
      but(AZURE, /tenant: .*/, 'tenant: corp.onmicrosoft.com'),
      '9: targets[0].azure.tenant: expected the id of the tenant, a GUID',
    ],
    ['no role', but(AZURE, / {6}role: .*\n/, ''), '8: targets[0].azure.role is missing: expected the name of a role'],
    [
      'a role of two lines',
      but(AZURE, /role: .*/, 'role: "a\\nb"'),
      '12: targets[0].azure.role: expected the name of a role',
    ],
    [
      'a scope with a slash at its end',
      also(AZURE, 'scope: /subscriptions/c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d/'),
      '13: targets[0].azure.scope: expected an ARM scope',
    ],
    [
      'a scope elsewhere',
      also(AZURE, 'scope: /subscriptions/00000000-2a3e-4d5c-8b7a-9e0f1a2b3c4d'),
      '13: targets[0].azure.scope: expected a scope within azure.subscription.',
    ],
    [
      'an audience over http',
      also(AZURE, 'resources: ["http://vault.azure.net"]'),
      '13: targets[0].azure.resources[0]: expected an audience',
    ],
    [
      'an audience with a slash at its end',
      also(AZURE, 'resources: ["https://vault.azure.net/"]'),
      '13: targets[0].azure.resources[0]: expected an audience',
    ],
    [
      'an audience twice',
      also(AZURE, 'resources: ["https://vault.azure.net", "https://vault.azure.net"]'),
      '13: targets[0].azure.resources: expected each audience once.',
    ],
    [
      'the audience that is always there',
      also(AZURE, 'resources: ["https://management.azure.com"]'),
      'which is always there',
    ],
    [
      'a cluster with a line end',
      but(KUBERNETES, /cluster: .*/, 'cluster: "a\\nb"'),
      '9: targets[0].kubernetes.cluster: expected the name of a cluster',
    ],
    [
      'a server over http',
      but(KUBERNETES, /https:(?=\/\/k8s.*:6443)/, 'http:'),
      "10: targets[0].kubernetes.server: expected the API server's https:// URL",
    ],
    [
      'a namespace of no cluster',
      also(KUBERNETES, 'namespace: Shop_1'),
      '12: targets[0].kubernetes.namespace: expected a namespace',
    ],
    ['no group', also(KUBERNETES, 'groups: []'), '12: targets[0].kubernetes.groups: expected at least one group.'],
    [
      'the group that may do everything',
      also(KUBERNETES, 'groups: ["system:masters"]'),
      '12: targets[0].kubernetes.groups[0]: expected a group',
    ],
    [
      'a slice of a minute',
      also(KUBERNETES, 'renewEvery: 1m'),
      '12: targets[0].kubernetes.renewEvery: expected a duration',
    ],
    [
      'a slice of two hours',
      file(target('    renewEvery: 2h\n', GCP)),
      '8: targets[0].renewEvery: expected a duration such as 90m, 1h30m or PT1H30M, from 15m to 1h',
    ],
    ...[GCP, AZURE, KUBERNETES].map((block): [string, string, string] => [
      'the profile default',
      also(block, 'profile: default'),
      '.profile: expected a profile name',
    ]),
    ...['sts.amazonaws.com', 'api://AzureADTokenExchange', 'https://jit.corp.example', '//iam.googleapis.com/x'].map(
      (audience): [string, string, string] => [
        `the audience ${audience}`,
        but(KUBERNETES, /audience: .*/, `audience: ${audience}`),
        '11: targets[0].kubernetes.audience: it is what another cloud or this endpoint expects',
      ],
    ),
  ])('with %s is refused by line and field', async (_what, text, expected) => {
    const [fault, ...more] = await faultsOf(text)
    expect(more).toEqual([])
    expect(fault).toContain(expected)
  })

  test.each([
    'https://management.usgovcloudapi.net',
    'https://vault.azure.cn',
    'https://vault.usgovcloudapi.net',
    'https://graph.microsoft.us',
    'https://vault.microsoftazure.de',
  ])('of a sovereign cloud (%s) is refused with that reason', async (resource) => {
    const faults = await faultsOf(also(AZURE, `resources: ["${resource}"]`))
    expect(faults.join()).toContain('of sovereign clouds none is supported yet')
  })

  test('is refused where the environment leads to a sovereign cloud, and only an Azure one', async () => {
    const env = { AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us' }
    expect(await faultsOf(file(target(AZURE)), { env })).toEqual([
      expect.stringContaining('c.yaml:8: targets[0].azure: AZURE_AUTHORITY_HOST names another login than'),
    ])
    expect(await faultsOf(file(target(GCP)), { env })).toEqual([])
    const same = { AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/' }
    expect(await faultsOf(file(target(AZURE)), { env: same })).toEqual([])
  })
})
