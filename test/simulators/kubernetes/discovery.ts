/** The documents by which kubectl finds its way: unaggregated discovery, which every server still speaks. */
export const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.4',
  gitCommit: '59526cd4867447956156ae3a602fcbac10a2c335',
  gitTreeState: 'clean',
  buildDate: '2025-04-22T16:02:27Z',
  goVersion: 'go1.23.6',
  compiler: 'gc',
  platform: 'linux/amd64',
}

const group = (name: string) => {
  const version = { groupVersion: `${name}/v1`, version: 'v1' }
  return { name, versions: [version], preferredVersion: version }
}
const resource = (
  kind: string,
  name: string,
  namespaced: boolean,
  verbs: readonly string[],
  shortNames?: readonly string[],
) => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs,
  ...(shortNames !== undefined && { shortNames, categories: name === 'pods' ? ['all'] : [] }),
})
const resources = (groupVersion: string, all: readonly unknown[]) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: all,
})

export const DISCOVERY: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['/version', VERSION],
  [
    '/api',
    {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [],
    },
  ],
  [
    '/apis',
    {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [group('authentication.k8s.io'), group('authorization.k8s.io')],
    },
  ],
  [
    '/api/v1',
    resources('v1', [
      resource('Namespace', 'namespaces', false, ['create', 'delete', 'get', 'list', 'watch'], ['ns']),
      resource('Pod', 'pods', true, ['create', 'delete', 'get', 'list', 'watch'], ['po']),
      resource('Secret', 'secrets', true, ['create', 'delete', 'get', 'list', 'watch'], []),
    ]),
  ],
  [
    '/apis/authentication.k8s.io/v1',
    resources('authentication.k8s.io/v1', [resource('SelfSubjectReview', 'selfsubjectreviews', false, ['create'])]),
  ],
  [
    '/apis/authorization.k8s.io/v1',
    resources('authorization.k8s.io/v1', [
      resource('SelfSubjectAccessReview', 'selfsubjectaccessreviews', false, ['create']),
    ]),
  ],
])
