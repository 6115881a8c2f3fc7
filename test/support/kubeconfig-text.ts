import * as fc from 'fast-check'

/** Kubeconfigs that kubectl reads, in the many forms that people and programs write. */
type Entry = { readonly name: string; readonly server: string }

const entries = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('one', 'two', 'arn:aws:eks:eu-west-1:1:cluster/x', 'gke_p_z_c', "it's", 'ünï', 'jit-other'),
    server: fc.constantFrom('https://one.example', 'https://[::1]:6443', 'https://k/#frag', ''),
  }),
  { selector: ({ name }) => name, maxLength: 3 },
)

type Style = 'indented' | 'flush' | 'flow' | 'flow lines' | 'empty'
const style = fc.constantFrom<Style>('indented', 'flush', 'flow', 'flow lines', 'empty')
const nothing = fc.constantFrom(
  'absent',
  '',
  ' null',
  ' ~',
  ' []',
  ' [ ]',
  ' # why',
  ' null # why',
  ' [] # why',
  ' &x []',
)
const comment = fc.constantFrom('', '', '# a comment with "quotes" and - dash: [\n')

const inner = { clusters: 'cluster', contexts: 'context', users: 'user' } as const
type Section = keyof typeof inner

function valueOf(section: Section, { name, server }: Entry): object {
  if (section === 'clusters') return { server }
  return section === 'contexts' ? { cluster: name, user: name } : { token: server }
}

const json = (section: Section, entry: Entry): string =>
  JSON.stringify({ name: entry.name, [inner[section]]: valueOf(section, entry) })

function block(section: Section, entry: Entry, indent: string): string {
  const members = Object.entries(valueOf(section, entry)).map(
    ([key, value]) => `${indent}    ${key}: ${JSON.stringify(value)}\n`,
  )
  return `${indent}- name: ${JSON.stringify(entry.name)} # named\n\n${indent}  ${inner[section]}:\n${members.join('')}`
}

const blockSection = (section: Section, margin: string): fc.Arbitrary<string> =>
  fc.tuple(entries, style, nothing, comment, comment).map(([all, how, none, above, below]) => {
    if (all.length === 0 || how === 'empty') return none === 'absent' ? '' : `${margin}${section}:${none}\n`
    const flow = all.map((each) => json(section, each))
    if (how === 'flow') return `${margin}${section}: [${flow.join(', ')}] # flow\n`
    if (how === 'flow lines') return `${margin}${section}: [\n${margin}  ${flow.join(`,\n${margin}  `)}\n${margin}  ]\n`
    const indent = margin + (how === 'indented' ? '  ' : '')
    return `${margin}${section}:\n${above}${all.map((each) => block(section, each, indent)).join(below)}`
  })

const CURRENT = [
  '',
  'current-context: ""\n',
  'current-context: one\n',
  "current-context: 'one' # here\n",
  'current-context:\n',
  'current-context: "jit-other"\n',
  'current-context: null\n',
  'current-context: |-\n    one\n',
]
const current = fc.constantFrom(...CURRENT)

const blockText = fc
  .record({
    margin: fc.constantFrom('', '', '  '),
    head: fc.constantFrom(
      '',
      '# mine\n\n',
      '---\n',
      '# x\n--- # y\n',
      '%YAML 1.1\n---\n',
      'apiVersion: v1\nkind: Config\n',
    ),
    tail: fc.constantFrom('', '# tail\n', '\n\n', '...\n', 'apiVersion: v1\n', 'preferences: {}\n'),
    note: comment,
  })
  .chain(({ margin, head, tail, note }) =>
    fc
      .tuple(blockSection('clusters', margin), blockSection('contexts', margin), blockSection('users', margin), current)
      .chain(([clusters, contexts, users, now]) =>
        fc
          .shuffledSubarray(
            [clusters, contexts, users, margin === '' ? now : margin + now.replace('    one', '      one'), note],
            { minLength: 5 },
          )
          .map((parts) => {
            const indented = (text: string): string => text.replace(/^(?=[a-z])/gm, margin)
            return (
              (head.includes('kind') ? indented(head) : head) +
              parts.filter((part) => part.trim() !== '').join('') +
              indented(tail)
            )
          }),
      ),
  )

const jsonText = fc
  .tuple(entries, entries, entries, fc.constantFrom(undefined, 0, 2, '\t'), fc.boolean(), fc.boolean())
  .map(([clusters, contexts, users, indent, sparse, current]) => {
    const list = (section: Section, all: readonly Entry[]): object =>
      all.length === 0 && sparse
        ? {}
        : { [section]: all.map((each) => ({ name: each.name, [inner[section]]: valueOf(section, each) })) }
    const whole = { ...list('clusters', clusters), ...list('users', users), ...list('contexts', contexts) }
    return JSON.stringify(current ? { 'current-context': 'one', ...whole, kind: 'Config' } : whole, undefined, indent)
  })

const finish = fc.record({ crlf: fc.boolean(), cut: fc.boolean(), bom: fc.boolean() })

export const kubeconfigText: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: blockText },
      { weight: 1, arbitrary: jsonText },
      fc.constantFrom('', '\n', '# only\n', '# only', '{}'),
    ),
    finish,
  )
  .map(([text, { crlf, cut, bom }]) => {
    const lines = crlf ? text.replaceAll('\n', '\r\n') : text
    const whole = cut && !/(^|\n)(---.*|\.\.\.)\r?\n$/.test(lines) ? lines.replace(/\r?\n$/, '') : lines
    return bom && whole !== '' ? `\ufeff${whole}` : whole
  })
