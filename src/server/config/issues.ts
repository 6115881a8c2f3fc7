import { z } from 'zod'
import { nearest } from '../../base/nearest.ts'
import type { Path } from './document.ts'

/** One thing wrong with a value, by its place in the file. */
export type Issue = { readonly path: Path; readonly message: string }

/** Turns what the validator found into sentences that start with the field's name. */
export function describeIssues(schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): readonly Issue[] {
  return issues.flatMap((issue): readonly Issue[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: `${fieldName([...issue.path, key])} is no field of this file${suggestion(key, knownFields(schema, issue.path))}.`,
      }))
    return [{ path: issue.path, message: named(issue.path, sentence(issue)) }]
  })
}

/** An issue whose sentence starts with the field's name. */
export const issueAt = (path: Path, message: string): Issue => ({ path, message: named(path, message) })

function named(path: Path, message: string): string {
  if (path.length === 0) return message
  return message.startsWith('is missing') ? `${fieldName(path)} ${message}` : `${fieldName(path)}: ${message}`
}

/** `targets[0].aws.role` */
export function fieldName(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}

const SHAPES: Readonly<Record<string, string>> = { object: 'a block of fields', array: 'a list' }

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const options: unknown = 'options' in issue ? issue.options : undefined
    return `expected ${Array.isArray(options) ? options.join(' or ') : 'another value'}.`
  }
  if (issue.code !== 'invalid_type') return issue.message
  const expected = SHAPES[issue.expected] ?? issue.expected
  return issue.message.endsWith('received undefined') ? `is missing: expected ${expected}.` : `expected ${expected}.`
}

function suggestion(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  if (meant !== undefined) return `; did you mean ${meant}`
  return known.length === 0 ? '' : `; known here are ${known.join(', ')}`
}

type Json = Readonly<Record<string, unknown>>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const children = (node: unknown): Json => (isJson(node) && isJson(node['properties']) ? node['properties'] : {})

/** Field names that the schema knows at a place. */
function knownFields(schema: z.ZodType, path: Path): readonly string[] {
  const within = (node: unknown): readonly unknown[] => {
    const choices: unknown = isJson(node) ? (node['oneOf'] ?? node['anyOf']) : undefined
    return Array.isArray(choices) ? choices : [node]
  }
  const root: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const nodes = path.reduce<readonly unknown[]>(
    (nodes, step) =>
      nodes.flatMap(within).flatMap((node) => {
        const next = typeof step === 'number' ? isJson(node) && node['items'] : children(node)[String(step)]
        return isJson(next) ? [next] : []
      }),
    [root],
  )
  return [...new Set(nodes.flatMap(within).flatMap((node) => Object.keys(children(node))))]
}
