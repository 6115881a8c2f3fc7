import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { list, object, record, string } from '../../src/contract/narrow.ts'

const readImports = list(object({ path: string, kind: string }))

type Output = { readonly path: string; readonly staticImports: readonly string[]; readonly inputs: readonly string[] }

/** What the bundler says about the outputs of one program (`npm run build` writes it). */
export function bundleOf(program: 'jit' | 'jit-endpoint') {
  const file = join(import.meta.dirname, '../../dist', program, 'metafile-esm.json')
  const metafile = record(JSON.parse(readFileSync(file, 'utf8')), 'metafile')
  const outputs = new Map(
    Object.entries(record(metafile['outputs'], 'outputs')).map(([path, value]): [string, Output] => {
      const output = record(value, path)
      const imports = readImports(output['imports'], path)
      const staticImports = imports.filter(({ kind }) => kind === 'import-statement').map((each) => each.path)
      return [path, { path, staticImports, inputs: Object.keys(record(output['inputs'], path)) }]
    }),
  )

  const filesOf = (starts: readonly string[]): readonly string[] => {
    const seen = new Set<string>()
    const visit = (path: string): void => {
      const output = outputs.get(path)
      if (output === undefined || seen.has(path)) return
      seen.add(path)
      for (const next of output.staticImports) visit(next)
    }
    for (const start of starts) visit(start)
    return [...seen]
  }

  return {
    /** Every file that is loaded with these outputs, without any `import()`. */
    filesOf,

    outputOf: (source: string): string =>
      [...outputs.values()].find(({ inputs }) =>
        inputs.some((input) => input === source || input.endsWith(`/${source}`)),
      )?.path ?? `no output of ${source}`,

    /** Every source file in them. */
    loadedWith: (starts: readonly string[]): readonly string[] =>
      filesOf(starts).flatMap((path) => outputs.get(path)?.inputs ?? []),
  }
}

export const packagesAmong = (inputs: readonly string[]): readonly string[] => [
  ...new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])),
]
