import {
  type Document,
  isMap,
  isSeq,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
} from 'yaml'

/** The three lists of a kubeconfig that hold entries by name, and the member of an entry that holds its value. */
export const SECTIONS = ['clusters', 'contexts', 'users'] as const
export type Section = (typeof SECTIONS)[number]
export const VALUE_KEY = { clusters: 'cluster', contexts: 'context', users: 'user' } as const

/** Why a kubeconfig is left alone: `FILE_UNREADABLE` where kubectl refuses it too, `FILE_REFUSED` where only jit cannot change it exactly. */
export class KubeconfigFault extends Error {
  readonly code: 'FILE_UNREADABLE' | 'FILE_REFUSED'
  constructor(code: KubeconfigFault['code'], why: string) {
    super(why)
    this.name = 'KubeconfigFault'
    this.code = code
  }
}

/** Text without its byte order mark, which kubectl skips. */
export type KubeconfigText = { readonly bom: string; readonly text: string }
/** Offsets of its nodes are offsets into `text`. `root` is absent where the file says nothing yet. */
export type Kubeconfig = { readonly text: string; readonly document?: Document.Parsed; readonly root?: YAMLMap }

// What go-yaml's reader refuses (readerc.go): C0 and C1 controls without tab, line ends and NEL.
const CONTROL = /(?![\t\n\r\u0085])\p{Cc}|[\ufffe\uffff]/u

export function decodeKubeconfig(bytes: Buffer): KubeconfigText {
  if (bytes.indexOf('\xff\xfe', 0, 'latin1') === 0 || bytes.indexOf('\xfe\xff', 0, 'latin1') === 0)
    throw new KubeconfigFault('FILE_REFUSED', 'it is UTF-16, and jit changes UTF-8 only')
  const whole = utf8(bytes)
  const bom = whole.startsWith('\ufeff') ? '\ufeff' : ''
  const text = whole.slice(bom.length)
  const control = CONTROL.exec(text)
  if (control !== null)
    throw new KubeconfigFault('FILE_UNREADABLE', `line ${lineAt(text, control.index)} holds a control character`)
  if (/\r(?!\n)/.test(text))
    throw new KubeconfigFault('FILE_REFUSED', 'some of its lines end with a lone carriage return')
  return { bom, text }
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new KubeconfigFault('FILE_UNREADABLE', `it is not valid UTF-8 (${cause instanceof Error ? cause.name : ''})`)
  }
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/**
 * Reads as kubectl does (go-yaml v2: YAML 1.1 without times, sexagesimal numbers and sets; of a key that is there twice the last one
 * counts). Throws a {@link KubeconfigFault}.
 */
export function parseKubeconfig(text: string): Kubeconfig {
  const directive = /^%YAML[ \t]+(\S+)/m.exec(text)?.[1]
  if (directive !== undefined && directive !== '1.1' && text.startsWith('%'))
    throw new KubeconfigFault(
      'FILE_UNREADABLE',
      `kubectl reads YAML 1.1 only, and it says %YAML ${directive.slice(0, 8)}`,
    )
  const documents = [...parseAllDocuments(text, OPTIONS)]
  const [document, ...more] = documents
  if (document === undefined) return { text }
  const error = document.errors[0]
  if (error !== undefined) throw syntaxFault(text, error)
  if (more.length > 0)
    throw new KubeconfigFault('FILE_REFUSED', 'it holds several YAML documents, and kubectl reads the first one only')
  const root: unknown = document.contents
  if (isMap(root)) return { text, document, root }
  if (document.contents === null || text.slice(document.contents.range[0], document.contents.range[1]).trim() === '')
    return { text, document }
  throw new KubeconfigFault('FILE_UNREADABLE', 'it is no mapping of keys to values')
}

const OPTIONS: Parameters<typeof parseAllDocuments>[1] & { customTags: CustomTags } = {
  version: '1.1',
  uniqueKeys: false,
  strict: false,
  logLevel: 'silent',
  prettyErrors: false,
  customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isForeign(tag.tag, tag.format)),
}
type CustomTags = Extract<
  NonNullable<Parameters<typeof parseAllDocuments>[1]>['customTags'],
  (...tags: never[]) => unknown
>
const isForeign = (tag: string, format: string | undefined): boolean =>
  format === 'TIME' || /:(timestamp|binary|omap|pairs|set)$/.test(tag)

function syntaxFault(text: string, { code, message, pos: [at] }: YAMLParseError): KubeconfigFault {
  const [why = ''] = message.split('\n')
  // go-yaml takes a closing bracket in the first column, YAML 1.2 and our parser do not.
  if (code === 'BAD_INDENT' && why.startsWith('Flow') && text.slice(at).trim() !== '')
    return new KubeconfigFault(
      'FILE_REFUSED',
      `a bracket closes further left than its key begins (line ${lineAt(text, at)})`,
    )
  return new KubeconfigFault('FILE_UNREADABLE', `line ${lineAt(text, at)}: ${why}`)
}

/** The pair that counts for this key. */
export function pairOf({ root }: Kubeconfig, key: string): Pair | undefined {
  return root?.items.findLast((pair) => keyText(pair) === key)
}

const keyText = ({ key }: Pair): unknown =>
  typeof key === 'object' && key !== null && 'value' in key ? key.value : undefined

/** The list of a section where there is one; `undefined` where the key is absent or says nothing. */
export function listOf(config: Kubeconfig, section: Section): YAMLSeq | undefined {
  const value = pairOf(config, section)?.value
  return isSeq(value) ? value : undefined
}

export type Extent = { readonly start: number; readonly end: number }

/** Where a node lies in the text, without tag and anchor. */
export function extentOf(node: unknown): Extent {
  if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
    const [start, end]: unknown[] = node.range
    if (typeof start === 'number' && typeof end === 'number') return { start, end }
  }
  throw new RangeError('A node of a parsed document has a range.')
}

export function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** Where the line ends that `offset` lies in, its line end included. */
export function nextLine(text: string, offset: number): number {
  const lf = text.indexOf('\n', offset)
  return lf < 0 ? text.length : lf + 1
}

/** The end of line that this text uses. */
export const lineEndOf = (text: string): '\n' | '\r\n' => (text.includes('\r\n') ? '\r\n' : '\n')
