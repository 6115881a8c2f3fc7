import { parse, stringify } from 'yaml'
import {
  extentOf,
  type Kubeconfig,
  KubeconfigFault,
  lineEndOf,
  nextLine,
  pairOf,
  parseKubeconfig,
  type Section,
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
  changed,
  type Edit,
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

/** With cluster, context and user of this name, and where wanted as the current context. */
export function addEntry(before: Kubeconfig, name: EntryName, content: KubeconfigContent): Kubeconfig {
  const made = before.root === undefined || ownItems(before).some(({ mark }) => mark.made === true)
  const mark: Mark = { ...(made ? { made } : {}), ...name }
  const marks = { mark, context: { ...mark, ...(content.asDefault ? { asDefault: overCurrent(before) } : {}) } }
  let config = before.root === undefined ? madeFile(before, content, marks) : before
  for (;;) {
    const edits = missingEdits(config, content, marks)
    if (edits.length === 0) return config
    config = changed(config, edits)
  }
}

/** A context says in its mark what it is the default over. */
type Marks = { readonly mark: Mark; readonly context: Mark }
const markFor = (section: Section, { mark, context }: Marks): Mark => (section === 'contexts' ? context : mark)

function missingEdits(config: Kubeconfig, content: KubeconfigContent, marks: Marks): readonly Edit[] {
  const { lease, profile } = marks.mark
  const there = ownItems(config).filter(({ mark }) => mark.lease === lease && mark.profile === profile)
  const items = SECTIONS.flatMap((section) => {
    if (there.some((item) => item.section === section)) return []
    const list = missingList(config, section) ?? inherited(config, section)
    const mark = { ...markFor(section, marks), ...(list === undefined ? {} : { list }) }
    const item = markedItem(section, content, mark)
    return item === undefined ? [] : [insertItem(config, section, item)]
  })
  const current = content.asDefault && currentContext(config) !== profile
  return current ? [...items, setValue(config, CURRENT, JSON.stringify(profile))] : items
}

/** What a list was before our first item in it; said by every item of ours, so that any may be the last to go. */
function inherited(config: Kubeconfig, section: Section): Mark['list'] {
  return ownItems(config).find((item) => item.section === section && item.mark.list !== undefined)?.mark.list
}

/** A current context of ours is itself over something; whichever of them is left gets its place back. */
function overCurrent(config: Kubeconfig): NonNullable<Mark['asDefault']> {
  const pair = pairOf(config, CURRENT)
  if (pair === undefined) return { over: [] }
  const was = plainScalar(config, pair, CURRENT)
  const below = contextCalled(config, currentContext(config))?.mark.asDefault
  if (below === undefined) return { over: [], was }
  const rewritten = was === JSON.stringify(currentContext(config)) ? {} : { was: inPlainWords(below.was ?? '') }
  return { ...below, ...rewritten, over: [was, ...below.over] }
}

const contextCalled = (config: Kubeconfig, name: string): Own | undefined =>
  ownItems(config).find((item) => item.section === 'contexts' && item.name === name)

/** A file that says nothing yet may hold comments, which stay below. */
function madeFile({ text, document }: Kubeconfig, content: KubeconfigContent, marks: Marks): Kubeconfig {
  const marker = document === undefined ? undefined : /^---([ \t][^\n]*)?\n/m.exec(text)
  if (marker === null || document?.contents?.range[0] !== document?.contents?.range[1])
    throw new KubeconfigFault('FILE_REFUSED', 'its only document is empty and does not end with a line end')
  const at = marker === undefined ? 0 : marker.index + marker[0].length
  const eol = lineEndOf(text)
  const lists = SECTIONS.map((section) => {
    const item = markedItem(section, content, markFor(section, marks))
    return item === undefined ? '' : `${section}:${eol}${blockItem(item, 0, eol)}`
  })
  return parseKubeconfig(`${text.slice(0, at)}apiVersion: v1${eol}kind: Config${eol}${lists.join('')}${text.slice(at)}`)
}

/** Without this entry, and with what was before in the places that only it had filled. */
export function removeEntry(before: Kubeconfig, { lease, profile, made }: Mark): Kubeconfig {
  const isOurs = (item: Own): boolean => item.mark.lease === lease && item.mark.profile === profile
  let config = before
  for (let edits = restoringEdits(config, isOurs); ; edits = []) {
    const ours = ownItems(config).filter(isOurs)
    const firsts = SECTIONS.flatMap((section) => ours.find((item) => item.section === section) ?? [])
    const all = [...edits, ...firsts.map(({ section, node, mark }) => removeItem(config, section, node, mark.list))]
    if (all.length === 0) return made === true ? withoutSkeleton(config, profile) : config
    config = changed(config, all)
  }
}

/** Only where the current context is still the one to be removed, and jit had made it so. */
function restoringEdits(config: Kubeconfig, isOurs: (item: Own) => boolean): readonly Edit[] {
  const pair = pairOf(config, CURRENT)
  const context = contextCalled(config, currentContext(config))
  const { asDefault } = context?.mark ?? {}
  if (pair === undefined || context === undefined || asDefault === undefined || !isOurs(context)) return []
  const { start, end } = extentOf(pair.value)
  const asWritten = config.text.slice(start, end) === JSON.stringify(context.name)
  const [under] = asDefault.over.flatMap((scalar) => {
    const below = contextCalled(config, String(parse(scalar, { version: '1.1' })))
    return below === undefined ? [] : [{ scalar, was: below.mark.asDefault?.was }]
  })
  // The mark of what lies below may be older than kubectl's last writing: the plain words tell whoever reads it next.
  const rewritten = !asWritten || (under !== undefined && under.was !== asDefault.was)
  const was = under?.scalar ?? asDefault.was
  return [unsetValue(config, pair, rewritten ? inPlainWords(was ?? '') : was)]
}

/** The same value as kubectl writes it, once it has written the file anew. */
const inPlainWords = (scalar: string): string =>
  stringify(parse(scalar, { version: '1.1' }) ?? '', { version: '1.1' }).trim()

// What is left of a file that we made, as we or kubectl write it.
const SKELETON =
  /^(apiVersion: v1|kind: Config|(clusters|contexts|users):( null)?|current-context: ""|preferences: \{\})?$/

function withoutSkeleton(config: Kubeconfig, profile: string): Kubeconfig {
  const { text, root } = config
  if (root === undefined) return config
  const start = startOfLine(text, extentOf(root).start)
  const last: unknown = root.items.at(-1)?.value
  const next = nextLine(text, extentOf(last).end)
  const end = /^ *$/.test(text.slice(next)) ? text.length : next // a line that a crash cut short
  const current = [`${CURRENT}: ${profile}`, `${CURRENT}: ${JSON.stringify(profile)}`]
  const isOurs = (line: string): boolean =>
    SKELETON.test(line) || current.includes(line) || (end === text.length && '- name:'.startsWith(line.trim()))
  return text.slice(start, end).split(/\r?\n/).every(isOurs) ? changed(config, [{ start, end, by: '' }]) : config
}
