import { stringify } from 'yaml'
import {
  extentOf,
  type Kubeconfig,
  KubeconfigFault,
  lineEndOf,
  nextLine,
  pairOf,
  parseKubeconfig,
  SECTIONS,
  startOfLine,
} from './kubeconfig-document.ts'
import {
  currentContext,
  type Item,
  itemsOf,
  type KubeconfigContent,
  type Mark,
  markedItem,
} from './kubeconfig-items.ts'
import {
  blockItem,
  insertItem,
  missingList,
  plainScalar,
  removeItem,
  setValue,
  unsetValue,
} from './kubeconfig-splice.ts'

type Own = Item & { readonly mark: Mark }
const CURRENT = 'current-context'

export const ownItems = (config: Kubeconfig): readonly Own[] =>
  itemsOf(config).flatMap((item) => (item.mark === undefined ? [] : [{ ...item, mark: item.mark }]))

/** One of our entries, with the items that are left of it. */
export type OwnEntry = { readonly mark: Mark; readonly items: readonly Own[] }

/** Our entries in the order of file, judged by the list where they come first. */
export function entriesOf(config: Kubeconfig): readonly OwnEntry[] {
  const entries = new Map<string, Own[]>()
  for (const item of ownItems(config)) {
    const key = `${item.mark.lease} ${item.mark.profile}`
    entries.set(key, [...(entries.get(key) ?? []), item])
  }
  return [...entries.values()].flatMap((items) => (items[0] === undefined ? [] : [{ mark: items[0].mark, items }]))
}

export type EntryName = Pick<Mark, 'lease' | 'profile' | 'expiresAt'>

/** The text with cluster, context and user of this name, and where wanted as the current context. */
export function addEntry(text: string, name: EntryName, content: KubeconfigContent): string {
  const config = parseKubeconfig(text)
  const made = config.root === undefined || ownItems(config).some(({ mark }) => mark.made === true)
  const asDefault = content.asDefault ? { asDefault: overCurrent(config) } : {}
  const mark: Mark = { ...name, ...(made ? { made } : {}) }
  const whole = { ...mark, ...asDefault }
  let result = config.root === undefined ? madeFile(config, content, mark, whole) : text
  if (config.root !== undefined)
    for (const section of SECTIONS.toReversed()) {
      const now = parseKubeconfig(result)
      const list = missingList(now, section) ?? inherited(now, section)
      const own = { ...(section === 'contexts' ? whole : mark), ...(list === undefined ? {} : { list }) }
      const item = markedItem(section, content, own)
      if (item !== undefined) result = insertItem(now, section, item)
    }
  return content.asDefault ? setValue(parseKubeconfig(result), CURRENT, JSON.stringify(name.profile)) : result
}

/** What a list was before our first item in it; said by every item of ours, so that any may be the last to go. */
function inherited(config: Kubeconfig, section: (typeof SECTIONS)[number]): Mark['list'] {
  return ownItems(config).find((item) => item.section === section && item.mark.list !== undefined)?.mark.list
}

/** A current context of ours is itself over something; whichever of them is left gets its place back. */
function overCurrent(config: Kubeconfig): NonNullable<Mark['asDefault']> {
  const name = currentContext(config)
  const below = contextCalled(config, name)?.mark
  if (below !== undefined) return { ...below.asDefault, over: [name, ...(below.asDefault?.over ?? [])] }
  const pair = pairOf(config, CURRENT)
  return pair === undefined ? { over: [] } : { over: [], was: plainScalar(config, pair, CURRENT) }
}

const contextCalled = (config: Kubeconfig, name: string): Own | undefined =>
  ownItems(config).find((item) => item.section === 'contexts' && item.name === name)

/** A file that says nothing yet may hold comments, which stay below. */
function madeFile({ text, document }: Kubeconfig, content: KubeconfigContent, mark: Mark, whole: Mark): string {
  const marker = document === undefined ? undefined : /^---([ \t][^\n]*)?\n/m.exec(text)
  if (marker === null || document?.contents?.range[0] !== document?.contents?.range[1])
    throw new KubeconfigFault('FILE_REFUSED', 'its only document is empty and does not end with a line end')
  const at = marker === undefined ? 0 : marker.index + marker[0].length
  const eol = lineEndOf(text)
  const lists = SECTIONS.map((section) => {
    const item = markedItem(section, content, section === 'contexts' ? whole : mark)
    return item === undefined ? '' : `${section}:${eol}${blockItem(item, 0, eol)}`
  })
  return `${text.slice(0, at)}apiVersion: v1${eol}kind: Config${eol}${lists.join('')}${text.slice(at)}`
}

/** The text without this entry, and with what was before in the places that only it had filled. */
export function removeEntry(text: string, { lease, profile, made }: Mark): string {
  const isOurs = (item: Own): boolean => item.mark.lease === lease && item.mark.profile === profile
  let result = restoreCurrent(parseKubeconfig(text), isOurs)
  for (;;) {
    const config = parseKubeconfig(result)
    const item = ownItems(config).find(isOurs)
    if (item === undefined) return made === true ? withoutSkeleton(config) : result
    result = removeItem(config, item.section, item.node, item.mark.list)
  }
}

/** Only where the current context is still the one to be removed, and jit had made it so. */
function restoreCurrent(config: Kubeconfig, isOurs: (item: Own) => boolean): string {
  const { text } = config
  const pair = pairOf(config, CURRENT)
  const context = contextCalled(config, currentContext(config))
  const { asDefault } = context?.mark ?? {}
  if (pair === undefined || context === undefined || asDefault === undefined || !isOurs(context)) return text
  const asWritten = plainScalar(config, pair, CURRENT) === JSON.stringify(context.name)
  const left = asDefault.over.find((name) => contextCalled(config, name) !== undefined)
  if (left !== undefined)
    return unsetValue(config, pair, asWritten ? JSON.stringify(left) : stringify(left, { version: '1.1' }).trim())
  return unsetValue(config, pair, asDefault.was ?? (asWritten ? undefined : '""'))
}

// What is left of a file that we made, as we or kubectl write it.
const SKELETON =
  /^(apiVersion: v1|kind: Config|(clusters|contexts|users): null|current-context: ""|preferences: \{\})?$/

function withoutSkeleton({ text, root }: Kubeconfig): string {
  if (root === undefined) return text
  const { start } = extentOf(root)
  const last: unknown = root.items.at(-1)?.value
  const end = nextLine(text, extentOf(last).end)
  const lines = text.slice(startOfLine(text, start), end).split(/\r?\n/)
  return lines.every((line) => SKELETON.test(line)) ? text.slice(0, startOfLine(text, start)) + text.slice(end) : text
}
