import { type Kubeconfig, KubeconfigFault, SECTIONS } from './kubeconfig-document.ts'

type Shape = 'text' | 'flag' | 'base64' | 'any' | readonly [Shape] | { readonly [key: string]: Shape }

const extensions = [{ name: 'text', extension: 'any' }] as const

// Fields of k8s.io/client-go/tools/clientcmd/api/v1, whose types kubectl insists on. What it does not know it skips.
const CONFIG: Shape = {
  apiVersion: 'text',
  kind: 'text',
  'current-context': 'text',
  preferences: { colors: 'flag', extensions },
  extensions,
  clusters: [
    {
      name: 'text',
      cluster: {
        server: 'text',
        'tls-server-name': 'text',
        'insecure-skip-tls-verify': 'flag',
        'certificate-authority': 'text',
        'certificate-authority-data': 'base64',
        'proxy-url': 'text',
        'disable-compression': 'flag',
        extensions,
      },
    },
  ],
  contexts: [{ name: 'text', context: { cluster: 'text', user: 'text', namespace: 'text', extensions } }],
  users: [
    {
      name: 'text',
      user: {
        'client-certificate': 'text',
        'client-certificate-data': 'base64',
        'client-key': 'text',
        'client-key-data': 'base64',
        token: 'text',
        tokenFile: 'text',
        as: 'text',
        'as-uid': 'text',
        'as-groups': ['text'],
        username: 'text',
        password: 'text',
        'auth-provider': { name: 'text' },
        exec: {
          command: 'text',
          args: ['text'],
          env: [{ name: 'text', value: 'text' }],
          apiVersion: 'text',
          installHint: 'text',
          provideClusterInfo: 'flag',
        },
        extensions,
      },
    },
  ],
}

/** Throws `FILE_UNREADABLE` for what kubectl (tried: 1.27, 1.32, 1.33) refuses although it is YAML. */
export function assertReadable({ document }: Kubeconfig): void {
  if (document === undefined || document.contents === null) return
  const value = plain(document)
  if (value === null) return
  assertShape(value, CONFIG, '')
  const { apiVersion, kind } = Object(value)
  if ((apiVersion ?? '') !== '' && apiVersion !== 'v1') throw unreadable('its apiVersion is not v1')
  if ((kind ?? '') !== '' && kind !== 'Config') throw unreadable('its kind is not Config')
  for (const section of SECTIONS) assertNoTwins(Object(value)[section], section)
}

function plain(document: NonNullable<Kubeconfig['document']>): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 })
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : 'its aliases lead nowhere')
  }
}

function assertShape(value: unknown, shape: Shape, path: string): void {
  if (value === null || value === undefined || shape === 'any') return
  if (typeof shape === 'string') return assertScalar(value, shape, path)
  if (isList(shape)) {
    if (!Array.isArray(value)) throw unreadable(`${path} is no list`)
    for (const [index, each] of value.entries()) assertShape(each, shape[0], `${path}[${index}]`)
    return
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw unreadable(`${path || 'it'} is no mapping`)
  for (const [key, inner] of Object.entries(shape))
    assertShape(Object(value)[key], inner, path === '' ? key : `${path}.${key}`)
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape)

function assertScalar(value: unknown, shape: 'text' | 'flag' | 'base64', path: string): void {
  if (shape === 'flag') {
    if (typeof value !== 'boolean') throw unreadable(`${path} is neither true nor false`)
  } else if (typeof value !== 'string') throw unreadable(`${path} is no text (kubectl wants quotes around it)`)
  else if (
    shape === 'base64' &&
    !/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replace(/[\r\n]/g, ''))
  )
    throw unreadable(`${path} is not base64`)
}

function assertNoTwins(list: unknown, section: string): void {
  if (!Array.isArray(list)) return
  const seen = new Set<unknown>()
  for (const item of list) {
    const name: unknown = Object(item).name ?? ''
    if (seen.has(name))
      throw unreadable(
        `two ${section} are called ${String(name)
          .replace(/[^\x20-\x7e]/g, '?')
          .slice(0, 40)}`,
      )
    seen.add(name)
  }
}

const unreadable = (why: string): KubeconfigFault => new KubeconfigFault('FILE_UNREADABLE', why)
