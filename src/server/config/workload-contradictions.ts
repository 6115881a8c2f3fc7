import { type Issue, issueAt } from './issues.ts'
import { idsOf, PRESET_NAMES, type Preset, type PresetName, presetOf } from './workload-presets.ts'

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : [])
const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')

type RawIssuer = { readonly index: number; readonly name: string; readonly preset: PresetName; readonly raw: Fields }

/** What single fields of `workloads` cannot tell. */
export function workloadContradictions(document: Fields): readonly Issue[] {
  if (document['workloads'] === undefined) return []
  const workloads = fields(document['workloads'])
  const issuers = listOf(workloads['issuers']).flatMap((raw, index): readonly RawIssuer[] => {
    const preset = PRESET_NAMES.find((each) => each === raw['preset'])
    return preset === undefined ? [] : [{ index, preset, raw, name: texts(raw['name'])[0] ?? preset }]
  })
  const pipelines = listOf(workloads['pipelines'])
  return [
    ...audienceIssues(workloads['audience'], document),
    ...issuers.flatMap((issuer) => issuerIssues(issuer, document)),
    ...repeated(issuers.map(({ index, name }) => [['workloads', 'issuers', index, 'name'], name])),
    ...repeated(issuers.map((each) => [['workloads', 'issuers', each.index, 'issuer'], issuerOf(each)])),
    ...repeated(pipelines.map((each, index) => [['workloads', 'pipelines', index, 'name'], each['name']])),
    ...pipelines.flatMap((pipeline, index) => pipelineIssues(pipeline, index, issuers)),
  ]
}

const issuerOf = ({ raw, preset }: RawIssuer): unknown => raw['issuer'] ?? presetOf(preset).issuer

/** A token that a person got from the IdP for `jit` must never be one for a pipeline. */
function audienceIssues(audience: unknown, document: Fields): readonly Issue[] {
  const clients = Object.values(fields(fields(document['idp'])['clients']))
  if (audience === undefined || !clients.includes(audience)) return []
  return [issueAt(['workloads', 'audience'], 'it is a client id of the idp: expected one that only pipelines ask for.')]
}

function issuerIssues(issuer: RawIssuer, document: Fields): readonly Issue[] {
  const { index, preset, raw } = issuer
  const path = ['workloads', 'issuers', index]
  const { issuerIs, spiffe } = presetOf(preset)
  const known = issuerOf(issuer)
  const issues: Issue[] = []
  if (known === undefined)
    issues.push(issueAt([...path, 'issuer'], `is missing: ${preset} has none by itself; expected ${issuerIs}.`))
  else if (known === document['endpoint'])
    issues.push(issueAt([...path, 'issuer'], 'it is this endpoint, whose tokens open nothing here.'))
  else if (texts(known).some((text) => text.startsWith('spiffe:')) !== (spiffe === true))
    issues.push(issueAt([...path, 'issuer'], `expected ${issuerIs}.`))
  if (spiffe === true && raw['jwks'] === undefined)
    issues.push(
      issueAt([...path, 'jwks'], 'is missing: expected the bundle of the trust domain, a file or an https:// URL.'),
    )
  if (raw['ids'] !== undefined && preset !== 'pinned')
    issues.push(issueAt([...path, 'ids'], `only preset pinned has it; what identifies jobs of ${preset} is known.`))
  return issues
}

function pipelineIssues(pipeline: Fields, index: number, issuers: readonly RawIssuer[]): readonly Issue[] {
  const path = ['workloads', 'pipelines', index]
  const from = issuers.find(({ name }) => name === pipeline['issuer'])
  if (from === undefined) {
    if (typeof pipeline['issuer'] !== 'string') return []
    const names = issuers.map(({ name }) => name).join(', ')
    const known = names === '' ? '' : `; known are ${names}`
    return [issueAt([...path, 'issuer'], `no issuer is called "${pipeline['issuer']}"${known}.`)]
  }
  const match = fields(pipeline['match'])
  const preset = presetOf(from.preset)
  return [
    ...idIssues([...path, 'match'], match, from),
    ...eventIssues([...path, 'events'], pipeline['events'], from.preset, preset),
    ...originIssues([...path, 'match'], match, texts(pipeline['events']), preset),
  ]
}

/**
 * Names can be given up and taken by others: whoever registers a deleted `octo/app` gets tokens that say `octo/app`. Only an
 * id is never given twice (clouds.md §0.10, T22).
 */
function idIssues(path: readonly PropertyKey[], match: Fields, { preset, raw }: RawIssuer): readonly Issue[] {
  const sets = idsOf(preset, raw['ids'] === undefined ? undefined : texts(raw['ids']))
  const named = sets.filter((set) => Object.keys(set).every((claim) => Object.hasOwn(match, claim)))
  if (named.length === 0) {
    const wanted = sets.map((set) => Object.keys(set).join(' with ')).join(', or ')
    return [
      issueAt(path, `it names no claim that is ${preset}'s for good, and names can be taken over: add ${wanted}.`),
    ]
  }
  const domain = preset === 'spiffe' ? `${String(raw['issuer'])}/` : ''
  return sets.flatMap((set) =>
    Object.entries(set).flatMap(([claim, { pattern, expected }]) => {
      if (!Object.hasOwn(match, claim)) return []
      const wrong = texts(match[claim]).find((text) => !pattern.test(text) || !text.startsWith(domain))
      const where = domain === '' ? '' : ` of ${domain.slice(0, -1)}`
      return wrong === undefined ? [] : [issueAt([...path, claim], `expected ${expected}${where}, not "${wrong}".`)]
    }),
  )
}

function eventIssues(
  path: readonly PropertyKey[],
  events: unknown,
  name: PresetName,
  { events: rules }: Preset,
): readonly Issue[] {
  if (events === undefined) return []
  if (rules === undefined) return [issueAt(path, `tokens of ${name} tell of no events.`)]
  if (rules.claim !== undefined) return []
  const known = [...new Set([...rules.usual, ...rules.signs.map(({ event }) => event)])]
  const other = texts(events).find((each) => !known.includes(each))
  return other === undefined ? [] : [issueAt(path, `expected ${known.join(' or ')}, not "${other}".`)]
}

function originIssues(
  path: readonly PropertyKey[],
  match: Fields,
  events: readonly string[],
  { origin }: Preset,
): readonly Issue[] {
  if (origin === undefined || events.includes(origin.event)) return []
  if (origin.claims.some((claim) => Object.hasOwn(match, claim))) return []
  const wanted = origin.claims.join(' or ')
  return [
    issueAt(
      path,
      `its tokens do not tell a pull request's build from others: add ${wanted}, or ${origin.event} to events.`,
    ),
  ]
}

function repeated(values: readonly (readonly [readonly PropertyKey[], unknown])[]): readonly Issue[] {
  const seen = new Set<unknown>()
  return values.flatMap(([path, value]) => {
    const again = typeof value === 'string' && seen.has(value)
    seen.add(value)
    return again ? [issueAt(path, `"${value}" is already taken.`)] : []
  })
}
