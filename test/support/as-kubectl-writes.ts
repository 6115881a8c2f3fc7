import { parse, stringify } from 'yaml'

/** What `kubectl config …` makes of a file (tried with 1.32): known members only, sorted, lists by name, no comments. */
export function asKubectlWrites(text: string): string {
  const {
    clusters,
    contexts,
    users,
    'current-context': current,
  } = Object(parse(text.replace(/^\ufeff/, ''), { version: '1.1', uniqueKeys: false }))
  const list = (items: unknown): unknown => {
    const all: unknown[] = Array.isArray(items) ? items : []
    return all.length === 0 ? null : all.toSorted((a, b) => (Object(a).name < Object(b).name ? -1 : 1))
  }
  const whole = {
    apiVersion: 'v1',
    clusters: list(clusters),
    contexts: list(contexts),
    'current-context': current ?? '',
    kind: 'Config',
    preferences: {},
    users: list(users),
  }
  return stringify(whole, { version: '1.1', sortMapEntries: true, indentSeq: false, aliasDuplicateObjects: false })
}
