import { z } from 'zod'
import { TARGET_NAME } from '../../contract/target.ts'
import { duration } from './durations.ts'
import { field, matching } from './field.ts'
import type { IssuerKeys, Pipeline, WorkloadIssuer, Workloads } from './types.ts'
import { issuerUrl, webUrl } from './url.ts'
import { idsOf, PRESET_NAMES, presetOf } from './workload-presets.ts'

const TRUST_DOMAIN = /^spiffe:\/\/[a-z0-9._-]{1,200}$/
/** Names of claims, nested ones by their path: `kubernetes.io/serviceaccount/uid`. */
const CLAIM_NAME = /^[\x21-\x7e]{1,200}$/
/** Texts as tokens write them. A `*` would be a wildcard to whoever writes it, and to nobody else. */
const CLAIM_VALUE = /^[^\p{C}*]{1,1000}$/u

/** What the file says about pipelines. `filePath` resolves a path that the file names. */
export const workloads = (filePath: z.ZodType<string>) => {
  const name = field('a name of lower-case letters, digits and hyphens such as deploy-prod', matching(TARGET_NAME))
  const claims = z.array(field('the name of a claim such as sub', matching(CLAIM_NAME)))
  return z.strictObject({
    audience: field('an audience without spaces', matching(/^[\x21-\x7e]{1,255}$/)).exactOptional(),
    issuers: z
      .array(
        z.strictObject({
          preset: z.enum(PRESET_NAMES, { error: `expected one of ${PRESET_NAMES.join(', ')}.` }),
          name: name.exactOptional(),
          issuer: field(
            'an issuer as its tokens write it: an https:// URL without query (http:// on loopback only), or a SPIFFE trust domain',
            (value) => matching(TRUST_DOMAIN)(value) ?? issuerUrl(value),
          ).exactOptional(),
          jwks: field('a file, or an https:// URL (http:// on loopback only)', keysFrom(filePath)).exactOptional(),
          ids: claims.min(1, { error: 'expected at least one claim.' }).exactOptional(),
          maxTokenLife: duration('1m', '12h').default(3600),
        }),
      )
      .min(1, { error: 'expected at least one issuer.' }),
    pipelines: z.array(
      z.strictObject({
        name,
        issuer: name,
        match: z.record(
          z.string(),
          field('a text in quotes that the claim must equal, or a list of such, without wildcards', claimTexts),
        ),
        events: z
          .array(field('an event such as push', matching(/^[a-z][a-z0-9_]{0,63}$/)))
          .min(1, { error: 'expected at least one event.' })
          .exactOptional(),
      }),
    ),
  })
}

type Read = z.output<ReturnType<typeof workloads>>

/** What was read and found without contradictions. A `file` of keys still is a path: `workload-keys.ts` reads it. */
export function toWorkloads(read: Read, endpoint: string): Workloads {
  const audience = read.audience ?? endpoint
  return {
    audience,
    issuers: read.issuers.map((each) => toIssuer(each, audience)),
    pipelines: read.pipelines.flatMap((each) => {
      const from = read.issuers.find((issuer) => nameOf(issuer) === each.issuer)
      return from === undefined ? [] : [toPipeline(each, from)]
    }),
  }
}

type ReadIssuer = Read['issuers'][number]

/** Short to write where there is one of a kind. */
const nameOf = ({ name, preset }: Pick<ReadIssuer, 'name' | 'preset'>): string => name ?? preset

function toIssuer(read: ReadIssuer, audience: string): WorkloadIssuer {
  const preset = presetOf(read.preset)
  const { algorithms, required, events, run, label, spiffe } = preset
  return {
    name: nameOf(read),
    provider: read.preset,
    issuer: read.issuer ?? preset.issuer ?? '',
    audience: preset.audience ?? audience,
    keys: read.jwks ?? { from: 'discovery' },
    maxTokenSeconds: read.maxTokenLife,
    tokens: {
      algorithms,
      required,
      run,
      label,
      ...(events === undefined ? {} : { events }),
      ...(spiffe === undefined ? {} : { spiffe }),
    },
  }
}

function toPipeline({ name, issuer, match, events }: Read['pipelines'][number], from: ReadIssuer): Pipeline {
  const preset = presetOf(from.preset)
  const usually = Object.entries(preset.usually ?? {}).map(([claim, text]) => [claim, [text]] as const)
  const ids = idsOf(from.preset, from.ids).flatMap((set) => Object.keys(set))
  return {
    name,
    issuer,
    match: { ...Object.fromEntries(usually), ...match },
    ids: Object.keys(match).filter((claim) => ids.includes(claim)),
    events: events ?? preset.events?.usual ?? [],
  }
}

function keysFrom(filePath: z.ZodType<string>) {
  return (value: unknown): IssuerKeys | undefined => {
    if (typeof value === 'string' && /^[a-z]+:/i.test(value)) {
      const url = webUrl(value)?.href
      return url === undefined ? undefined : { from: 'url', url }
    }
    const path = filePath.safeParse(value)
    return path.success ? { from: 'file', path: path.data } : undefined
  }
}

function claimTexts(value: unknown): readonly string[] | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  const read = texts.flatMap((each) => matching(CLAIM_VALUE)(each) ?? [])
  return read.length === texts.length && read.length > 0 ? read : undefined
}
