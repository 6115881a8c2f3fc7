import { isMap, type YAMLMap } from 'yaml'
import { LEASE_VARIABLE } from '../../../base/kubernetes-token.ts'
import { integer, list, object, type Reader, record, ShapeError, string } from '../../../contract/narrow.ts'
import {
  type Kubeconfig,
  KubeconfigFault,
  listOf,
  pairOf,
  type Section,
  SECTIONS,
  VALUE_KEY,
} from './kubeconfig-document.ts'

/**
 * What an entry of ours says of itself, as an extension called `jit` in cluster, context and user alike: kubectl keeps extensions
 * when it writes the file anew, and drops comments. What `remove` has to give back lies here too.
 */
export type Mark = {
  /** The file was empty: with our last entry all of it goes. First, so that a mark which a crash cut short still says it. */
  readonly made?: boolean
  readonly lease: string
  readonly profile: string
  /** Unix seconds. */
  readonly expiresAt: number
  /** The list was not there: `was` is what stood in its place (`null`, `~`, nothing), and absent where the key was. */
  readonly list?: { readonly was?: string }
  /** We made this the current context: over these of ours, latest first, and at the bottom what the user had; all as written. */
  readonly asDefault?: { readonly over: readonly string[]; readonly was?: string }
}

/** What a sink wants to stand in the three lists; as JSON, the `content` of an entry. One may be absent where the user has deleted it. */
export type KubeconfigContent = {
  readonly cluster?: Members
  readonly context?: Members
  readonly user?: Members
  readonly asDefault: boolean
}
type Members = Readonly<Record<string, unknown>>

export type Item = {
  readonly section: Section
  readonly name: string
  readonly node: YAMLMap
  readonly value: Members
  readonly mark?: Mark
}

const EXTENSION = 'jit'
const LEASE_VALUE = /^([\w-]{1,80}) (\d{1,12})$/

/** Everything that has a name, in the order of file within each section; what is ours carries its mark. */
export function itemsOf(config: Kubeconfig): readonly Item[] {
  const all = SECTIONS.flatMap((section) => sectionItems(config, section))
  const users = all.filter(({ section, mark }) => section === 'users' && mark !== undefined)
  return all.map((item) => (item.mark === undefined ? adopted(item, all, users) : item))
}

function sectionItems(config: Kubeconfig, section: Section): readonly Item[] {
  const nodes = listOf(config, section)?.items ?? []
  return nodes.flatMap((node) => {
    if (!isMap(node) || config.document === undefined) return []
    const plain = plainOf(node, config.document)
    const { name, [VALUE_KEY[section]]: inner } = membersOf(plain)
    const value = membersOf(inner)
    const mark = markOf(value) ?? (section === 'users' ? markOfUser(String(name), value) : undefined)
    return [
      { section, name: typeof name === 'string' ? name : '', node, value, ...(mark === undefined ? {} : { mark }) },
    ]
  })
}

function plainOf(node: YAMLMap, document: NonNullable<Kubeconfig['document']>): unknown {
  try {
    return node.toJS(document, { maxAliasCount: 1000 })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw new KubeconfigFault('FILE_UNREADABLE', 'its aliases lead to more aliases than jit follows')
  }
}

/**
 * A cluster or context that has lost its mark belongs to the user of ours that it is called after and leads to; in a file that
 * we made, whatever has our name (a crash may have cut it short).
 */
function adopted(item: Item, all: readonly Item[], users: readonly Item[]): Item {
  const maker = all.find(({ name, mark }) => name === item.name && mark?.made === true)
  if (maker?.mark !== undefined) return { ...item, mark: maker.mark }
  const owner = users.find(({ name }) => name === item.name)
  const context = all.find(({ section, name }) => section === 'contexts' && name === item.name)
  const leadsToUs = context?.value['user'] === item.name && context.value['cluster'] === item.name
  return owner?.mark !== undefined && leadsToUs && item.section !== 'users' ? { ...item, mark: owner.mark } : item
}

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}

const boolean: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false')
  return value
}

const readMark: Reader<Mark> = object(
  { lease: string, profile: string, expiresAt: integer },
  { made: boolean, list: object({}, { was: string }), asDefault: object({ over: list(string) }, { was: string }) },
)

export const readContent: Reader<KubeconfigContent> = object(
  { asDefault: boolean },
  { cluster: record, context: record, user: record },
)

function markOf({ extensions }: Members): Mark | undefined {
  const ours = Array.isArray(extensions) ? extensions.map(membersOf).find(({ name }) => name === EXTENSION) : undefined
  return ours === undefined ? undefined : readable(() => readMark(ours['extension'], EXTENSION))
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

function markOfUser(profile: string, { exec }: Members): Mark | undefined {
  const { env } = membersOf(exec)
  const ours = Array.isArray(env) ? env.map(membersOf).find(({ name }) => name === LEASE_VARIABLE) : undefined
  const [, lease, expiresAt] = LEASE_VALUE.exec(String(ours?.['value'])) ?? []
  return lease === undefined ? undefined : { lease, profile, expiresAt: Number(expiresAt) }
}

/** A list item as it is to be written. */
export function markedItem(section: Section, content: KubeconfigContent, mark: Mark): Members | undefined {
  const key = VALUE_KEY[section]
  const wanted = content[key]
  if (wanted === undefined) return undefined
  const value: Members = section === 'users' ? withVariable(wanted, mark) : wanted
  const extensions = Array.isArray(value['extensions']) ? value['extensions'] : []
  return { name: mark.profile, [key]: { ...value, extensions: [...extensions, { name: EXTENSION, extension: mark }] } }
}

function withVariable(user: Members, { lease, expiresAt }: Mark): Record<string, unknown> {
  const exec = membersOf(user['exec'])
  const env = Array.isArray(exec['env']) ? exec['env'] : []
  return { ...user, exec: { ...exec, env: [...env, { name: LEASE_VARIABLE, value: `${lease} ${expiresAt}` }] } }
}

/** The inverse of {@link markedItem}: what the sink had asked for, with what others have changed in it since. */
export function unmarkedValue({ value }: Item): Members {
  const { extensions, exec, ...rest } = value
  const others = Array.isArray(extensions) ? extensions.filter((each) => membersOf(each)['name'] !== EXTENSION) : []
  return {
    ...rest,
    ...(exec === undefined ? {} : { exec: withoutVariable(membersOf(exec)) }),
    ...(others.length === 0 ? {} : { extensions: others }),
  }
}

function withoutVariable({ env, ...exec }: Members): Record<string, unknown> {
  const others = Array.isArray(env) ? env.filter((each) => membersOf(each)['name'] !== LEASE_VARIABLE) : []
  return others.length === 0 ? exec : { ...exec, env: others }
}

/** The context that kubectl uses where none is asked for; `''` for none. */
export function currentContext(config: Kubeconfig): string {
  const value: unknown = pairOf(config, 'current-context')?.value
  const text: unknown = typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined
  return typeof text === 'string' ? text : ''
}
