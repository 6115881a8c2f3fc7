import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { list, object, record, string } from '../../../src/contract/narrow.ts'

const dist = join(import.meta.dirname, '../../../dist/jit')
const readImports = list(object({ path: string, kind: string }))

type Output = { readonly path: string; readonly staticImports: readonly string[]; readonly inputs: readonly string[] }

/** What the bundler says about its outputs (`npm run build` writes it). */
function outputs(): ReadonlyMap<string, Output> {
  const metafile = record(JSON.parse(readFileSync(join(dist, 'metafile-esm.json'), 'utf8')), 'metafile')
  const entries = Object.entries(record(metafile['outputs'], 'outputs')).map(([path, value]): [string, Output] => {
    const output = record(value, path)
    const imports = readImports(output['imports'], path)
    const staticImports = imports.filter(({ kind }) => kind === 'import-statement').map((each) => each.path)
    return [path, { path, staticImports, inputs: Object.keys(record(output['inputs'], path)) }]
  })
  return new Map(entries)
}

/** Every source file that is loaded with these outputs, without any `import()`. */
function loadedWith(starts: readonly string[]): readonly string[] {
  const all = outputs()
  const seen = new Set<string>()
  const visit = (path: string): void => {
    const output = all.get(path)
    if (output === undefined || seen.has(path)) return
    seen.add(path)
    for (const next of output.staticImports) visit(next)
  }
  for (const start of starts) visit(start)
  return [...seen].flatMap((path) => all.get(path)?.inputs ?? [])
}

const outputOf = (source: string): string =>
  [...outputs().values()].find(({ inputs }) => inputs.includes(source))?.path ?? `no output of ${source}`

const packages = (inputs: readonly string[]): readonly string[] => [
  ...new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])),
]

describe('what a start of jit loads before it knows what to do', () => {
  test('the entry: no package at all', () => {
    expect(packages(loadedWith(['dist/jit/main.js']))).toEqual([])
  })

  test('a command, its parser and its help: commander and nothing else', () => {
    const inputs = loadedWith([outputOf('src/cli/run.ts')])
    expect(inputs).toContain('src/cli/commands/elevate.ts') // proof that something was read
    expect(packages(inputs)).toEqual(['commander'])
  })

  test('the fast path is one small file of its own', () => {
    const code = readFileSync(join(dist, '../jit-fast/main.js'), 'utf8')
    expect(code).toContain('AccessKeyId')
    expect(code).not.toMatch(/chunk-\w+|parseAsync/) // no other file, no commander
    expect(code.length).toBeLessThan(48 * 1024)
  })
})
