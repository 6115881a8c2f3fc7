import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import type { Fault } from './types.ts'

/** Larger than any real configuration; keeps a hostile or mistaken file from filling the memory. */
const MAX_CHARACTERS = 4_000_000

export type Path = readonly PropertyKey[]

/** A YAML file as plain data that still knows where everything stood. */
export type YamlDocument = {
  readonly value: unknown
  /** Line of a value, or of the nearest thing around it that exists. */
  readonly lineOf: (path: Path) => number
}

/**
 * Reads one YAML 1.2 document strictly: no key twice, no anchors and aliases (a few lines of them can stand for
 * gigabytes, and a reader must follow them), no tags, no merge keys.
 */
export function readYaml(file: string, text: string): { document?: YamlDocument; faults: readonly Fault[] } {
  if (text.length > MAX_CHARACTERS)
    return { faults: [{ file, message: `it has more than ${MAX_CHARACTERS} characters.` }] }
  const lines = new LineCounter()
  const lineAt = (offset: number): number => lines.linePos(offset).line
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const faults = [
      ...syntaxFaults(file, [...document.errors, ...document.warnings], lineAt),
      ...unreadableNodes(file, document, lineAt),
    ]
    if (faults.length > 0) return { faults }
    const lineOf = (path: Path): number => lineAt(offsetOf(document.contents, path) ?? 0)
    return { document: { value: document.toJS({ maxAliasCount: 0 }), lineOf }, faults: [] }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { faults: [{ file, message: TOO_DEEP }] }
  }
}

/** The first fault of each line: what follows a syntax error is mostly its echo. */
function syntaxFaults(
  file: string,
  errors: readonly YAMLError[],
  lineAt: (offset: number) => number,
): readonly Fault[] {
  const byLine = Map.groupBy(errors, ({ pos }) => lineAt(pos[0]))
  return [...byLine].flatMap(([line, [error]]) =>
    error === undefined ? [] : [{ file, line, message: syntaxMessage(error) }],
  )
}

function syntaxMessage({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here for the second time.'
  if (code === 'RESOURCE_EXHAUSTION' || message.includes('call stack')) return TOO_DEEP
  return `this is no YAML: ${message.replace(/\.$/, '')}.`
}

const TOO_DEEP = 'it is nested too deeply to be read.'

function unreadableNodes(
  file: string,
  document: Document.Parsed,
  lineAt: (offset: number) => number,
): readonly Fault[] {
  const faults: Fault[] = []
  const refuse = (node: Node, message: string): void =>
    void faults.push({ file, line: lineAt(node.range?.[0] ?? 0), message })
  visit(document, {
    Alias: (_key, node) => refuse(node, 'aliases are not read here: write the value out.'),
    Pair: (_key, { key }) => {
      if (isScalar(key) && typeof key.value === 'string') return
      if (isScalar(key) || isMap(key) || isSeq(key)) refuse(key, 'a key must be a word.')
    },
  })
  return faults
}

function offsetOf(root: ParsedNode | null, path: Path): number | undefined {
  let node: unknown = root
  let offset = root?.range[0]
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (pair === undefined) return offset
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      offset = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? (node.range?.[0] ?? offset) : offset
    } else return offset
  }
  return offset
}
