import { JitError } from '../../../base/errors.ts'
import { LEASE_VARIABLE } from '../../../base/kubernetes-token.ts'
import { holdsSecret } from '../../../base/unmarked-secrets.ts'
import {
  decodeKubeconfig,
  type Kubeconfig,
  KubeconfigFault,
  parseKubeconfig,
  VALUE_KEY,
} from './kubeconfig-document.ts'
import { addEntry, entriesOf, type OwnEntry, removeEntry } from './kubeconfig-entry.ts'
import {
  currentContext,
  type Item,
  itemsOf,
  type KubeconfigContent,
  readContent,
  unmarkedValue,
} from './kubeconfig-items.ts'
import { assertReadable } from './kubeconfig-readable.ts'
import type { Format, Found, NewEntry, Wanted } from './types.ts'

/**
 * A cluster, a context and a user called by the profile, each with our mark, at the front of the lists of a kubeconfig. Nothing in
 * it is secret: the user is an exec plugin. `kubectl config …` writes the whole file anew, sorted and without comments, and
 * keeps all that our marks consist of.
 */
export const kubeconfig: Format = {
  name: 'kubeconfig',
  secret: false,

  check: (path, bytes, wanted) => {
    assertKubeconfigFree(path, bytes, wanted.profile)
    toldOf(path, () => insertEntry(bytes, trialOf(wanted)))
  },

  find: (bytes) => {
    const entries = readable(bytes, entriesOf)
    return entries === undefined ? tornEntries(bytes) : entries.map(foundIn)
  },

  insert: (bytes, entry) => toldOf('the kubeconfig', () => insertEntry(bytes, entry)),

  remove: (bytes, pick) => {
    if (!kubeconfig.find(bytes).some(pick)) return bytes
    return toldOf('the kubeconfig', () => removeEntries(bytes, (entry) => pick(foundIn(entry))))
  },

  removeUnmarked: (bytes, { lease, profile }) =>
    kubeconfig.remove(bytes, (found) => found.lease === lease && (found.profile ?? profile) === profile),

  holdsSecret,

  graft: (theirs, current) => {
    const ours = readable(current, entriesOf)
    if (ours === undefined || readable(theirs, entriesOf) === undefined) return theirs
    const asDefault = isDefaultKept(theirs, current)
    const base = removeEntries(theirs, () => true)
    return ours.reduceRight((bytes, entry) => insertEntry(bytes, again(entry, asDefault)), base)
  },

  // client-go makes it before it writes, fails at once where it is there, and never looks at it for reading.
  lockFile: (path) => `${path}.lock`,
}

function toldOf<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof KubeconfigFault)) throw error
    if (error.code === 'FILE_UNREADABLE')
      throw new JitError(
        error.code,
        `kubectl cannot read ${path}: ${error.message}.`,
        'jit has left the file as it is. Mend it, until kubectl config view shows it, and try again.',
      )
    throw new JitError(
      error.code,
      `jit does not write to ${path}: ${error.message}.`,
      'Set KUBECONFIG to another file, or have this one written anew: kubectl config view --raw',
    )
  }
}

/** `undefined` where it is no kubeconfig at the moment. */
function readable<T>(bytes: Buffer, read: (config: Kubeconfig) => T): T | undefined {
  try {
    return read(parseKubeconfig(decodeKubeconfig(bytes).text))
  } catch (error) {
    if (error instanceof KubeconfigFault) return undefined
    throw error
  }
}

const foundIn = ({ mark }: OwnEntry): Found => ({
  lease: mark.lease,
  expiresAt: mark.expiresAt,
  profile: mark.profile,
  secrets: [],
})

/** Marks in a file that cannot be parsed: `remove` says so then, and the lease stays until somebody has mended the file. */
function tornEntries(bytes: Buffer): readonly Found[] {
  const mark = new RegExp(`${LEASE_VARIABLE}["']?\\s*,?\\s*["']?value["']?:\\s*["']?([\\w-]{1,80}) (\\d{1,12})`, 'g')
  const matches = bytes.toString('latin1').matchAll(mark)
  return [...matches].map(([, lease = '', end]) => ({ lease, expiresAt: Number(end), secrets: [] }))
}

/** Throws `FILE_UNREADABLE` where kubectl refuses the file, and `PROFILE_TAKEN` where the user has something of this name in it. */
export function assertKubeconfigFree(path: string, bytes: Buffer, profile: string): void {
  const items = toldOf(path, () => {
    const config = parseKubeconfig(decodeKubeconfig(bytes).text)
    assertReadable(config)
    return itemsOf(config)
  })
  const taken = items.find(({ name, mark }) => name === profile && mark === undefined)
  if (taken === undefined) return
  throw new JitError(
    'PROFILE_TAKEN',
    `There already is a ${VALUE_KEY[taken.section]} called ${profile} in ${path}, and it is not jit's.`,
    'Rename it there, or have the target deliver under another profile name.',
  )
}

function trialOf({ profile, asDefault, content }: Wanted): NewEntry {
  const nothing: KubeconfigContent = { cluster: {}, context: {}, user: {}, asDefault }
  return { lease: 'trial', profile, expiresAt: 0, content: content ?? JSON.stringify(nothing) }
}

/** Refuses where taking the entry out again would not give back what is there now. */
function insertEntry(bytes: Buffer, { lease, profile, expiresAt, content }: NewEntry): Buffer {
  const wanted = readContent(JSON.parse(content), 'content')
  const { bom, text } = decodeKubeconfig(bytes)
  const before = parseKubeconfig(text)
  const theirs = withoutEntries(before, ({ mark }) => mark.lease === lease || mark.profile === profile)
  const renewed = entriesOf(before).some(({ mark }) => mark.lease === lease)
  // Whoever chose another context since then keeps his choice.
  const asDefault = wanted.asDefault && (!renewed || currentContext(theirs) !== currentContext(before))
  const after = addEntry(theirs, { lease, profile, expiresAt }, { ...wanted, asDefault })
  const added = entriesOf(after).find(({ mark }) => mark.lease === lease)
  if (added === undefined || removeEntry(after, added.mark).text !== theirs.text)
    throw new KubeconfigFault('FILE_REFUSED', 'its form is one that jit could not give back byte for byte')
  return Buffer.from(bom + after.text)
}

function removeEntries(bytes: Buffer, pick: (entry: OwnEntry) => boolean): Buffer {
  const { bom, text } = decodeKubeconfig(bytes)
  const [whole, torn] = readable(bytes, (config) => config) === undefined ? withoutTornLine(text) : [text, '']
  const result = withoutEntries(parseKubeconfig(whole), pick).text
  if (result === whole) return bytes
  return result === '' ? Buffer.from(bom) : Buffer.from(bom + result + torn)
}

/** A line that somebody has not written to its end may be all that keeps the file from being read. */
function withoutTornLine(text: string): readonly [string, string] {
  const end = text.lastIndexOf('\n') + 1
  return [text.slice(0, end), text.slice(end)]
}

function withoutEntries(config: Kubeconfig, pick: (entry: OwnEntry) => boolean): Kubeconfig {
  const entry = entriesOf(config).find(pick)
  return entry === undefined ? config : withoutEntries(removeEntry(config, entry.mark), pick)
}

/** An entry to be inserted anew, with what others have changed in it. */
function again({ mark, items }: OwnEntry, asDefault: boolean): NewEntry {
  const values = items.map((item) => [VALUE_KEY[item.section], unmarkedValue(item)])
  const wasDefault = items.some((item) => item.mark.asDefault !== undefined)
  return { ...mark, content: JSON.stringify({ ...Object.fromEntries(values), asDefault: asDefault && wasDefault }) }
}

/** Whoever has written `theirs` may have chosen another context himself: then it stays. */
function isDefaultKept(theirs: Buffer, current: Buffer): boolean {
  const chosen = currentOf(theirs)
  const names = [...itemsIn(current), ...itemsIn(theirs)].flatMap(({ name, mark }) =>
    mark === undefined ? [] : [name],
  )
  const ours = names.includes(currentOf(current))
  return ours && (names.includes(chosen) || chosen === currentOf(removeEntries(current, () => true)))
}

const itemsIn = (bytes: Buffer): readonly Item[] => itemsOf(parseKubeconfig(decodeKubeconfig(bytes).text))

const currentOf = (bytes: Buffer): string => currentContext(parseKubeconfig(decodeKubeconfig(bytes).text))
