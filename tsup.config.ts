import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { defineConfig, type Options } from 'tsup'

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * For `import … from "node:fs"` Node reads every getter of that module (`fs.promises`, `process.stdin`) and loads the 30 to 60
 * modules behind them: a tenth to a fifth of the start of a command. Asked for by call, a module loads what is used. Each import
 * gets a module of its own that exports what Node's has; esbuild drops the exports that nobody reads.
 */
const builtinsByCall: EsbuildPlugin = {
  name: 'builtins-by-call',
  setup: (build) => {
    build.onResolve({ filter: /^node:/ }, ({ path, importer, kind }) =>
      kind === 'import-statement'
        ? { path: `${path}?${importer}`, namespace: 'builtin', sideEffects: false }
        : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const [id = ''] = path.split('?')
      const names = Object.keys(process.getBuiltinModule(id) ?? {}).filter((name) => name !== 'default')
      const whole = id === 'node:child_process' ? lazily(id) : `process.getBuiltinModule("${id}")`
      const exports = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => whole.${name})()`)
      return { contents: [`const whole = ${whole}`, 'export default whole', ...exports].join('\n'), loader: 'js' }
    })
  },
}

/** commander imports it for a feature that jit doesn't use. */
const lazily = (id: string): string => `new Proxy({},{get:(_,key)=>process.getBuiltinModule("${id}")[key]})`

/** A renewal is rare among the many starts of the short way, so it finds what that takes in the bundle of the commands. */
const renewerOfJit: EsbuildPlugin = {
  name: 'renewer-of-jit',
  setup: (build) =>
    build.onResolve({ filter: /^\.\/renewer\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: '../jit/renewer.js', external: true } : undefined,
    ),
}

type Metafile = NonNullable<Awaited<ReturnType<Parameters<EsbuildPlugin['setup']>[0]['esbuild']['build']>>['metafile']>

/**
 * What several parts of the program share becomes a file for each combination of parts: forty small files for `jit elevate`,
 * and each costs Node half a millisecond. Here the combinations are made few: a part that needs one module of a group takes the
 * whole group, which then is one file. Which modules those are comes from a first pass of the bundler that writes nothing.
 */
const fewFiles: EsbuildPlugin = {
  name: 'few-files',
  setup: async (build) => {
    const { plugins = [], ...options } = build.initialOptions
    const others = plugins.filter(({ name }) => name !== 'few-files')
    const { metafile } = await build.esbuild.build({ ...options, plugins: others, write: false, metafile: true })
    if (metafile === undefined) throw new Error('esbuild kept no metafile.')
    const companions = companionsOf(metafile)
    build.onLoad({ filter: /src\/(cli|client)\/.*\.ts$/ }, ({ path }) => {
      const together = companions.get(relative(process.cwd(), path))
      if (together === undefined) return undefined
      const imports = together.map((module) => `import ${JSON.stringify(resolve(module))}`)
      return { contents: [readFileSync(path, 'utf8'), ...imports].join('\n'), loader: 'ts' }
    })
  },
}

/** Own modules that each part of the program is to take along, by the part's file. */
function companionsOf({ inputs, outputs }: Metafile): ReadonlyMap<string, readonly string[]> {
  const parts = Object.values(outputs).flatMap(({ entryPoint = '' }) =>
    entryPoint.startsWith('src/') ? [entryPoint] : [],
  )
  const users = new Map<string, Set<string>>()
  const use = (module: string, part: string): void => {
    const known = users.get(module) ?? new Set()
    if (known.has(part)) return
    users.set(module, known.add(part))
    for (const { path, kind, external } of inputs[module]?.imports ?? [])
      if (kind === 'import-statement' && external !== true && path.startsWith('src/')) use(path, part)
  }
  for (const part of parts) use(part, part)
  const groups = Map.groupBy(users.keys(), (module) => groupOf(users.get(module) ?? new Set()))
  groups.delete(undefined)
  return new Map(
    parts.map((part) => [
      part,
      [...groups.values()]
        .filter((group) => group.some((module) => users.get(module)?.has(part)))
        .flat()
        .filter((module) => module !== part),
    ]),
  )
}

/** Every command, then what wipes (the reaper, too, has it), then what goes online. */
function groupOf(users: ReadonlySet<string>): string | undefined {
  const has = (part: string): boolean => users.has(`src/cli/${part}.ts`)
  if (users.size < 2) return undefined
  if (has('run') || has('waiting-keychain')) return 'run'
  if (has('on-demand')) return has('reap') ? 'reap' : 'on-demand'
  return undefined
}

const common: Options = {
  format: ['esm'],
  target: 'node24',
  platform: 'node',
  minify: true,
  // `node:sqlite` has no name without its prefix.
  removeNodeProtocol: false,
  // Native addons and WebAssembly cannot be bundled; all else is, so that users install next to nothing.
  // `noExternal` wins over `external`, so it must leave them out by itself.
  noExternal: [/^(?!@napi-rs\/keyring|@cedar-policy\/cedar-wasm|pg-native)/],
  external: [/^@napi-rs\/keyring/, /^@cedar-policy\/cedar-wasm/, 'pg-native'],
  splitting: true,
  clean: true,
}

// For CommonJS packages in the bundle.
const banner = { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" }

// Three builds that share no file: what two programs share becomes a file of its own, and each that Node loads costs a
// thirtieth of its start.
export default defineConfig([
  {
    ...common,
    banner,
    entry: ['src/cli/main.ts', 'src/cli/renewer.ts'],
    outDir: 'dist/jit',
    esbuildPlugins: [builtinsByCall, fewFiles],
    metafile: true,
  },
  {
    ...common,
    entry: ['src/cli/fast/main.ts'],
    outDir: 'dist/jit-fast',
    esbuildPlugins: [builtinsByCall, renewerOfJit],
    splitting: false, // what opens a key store stays asleep in the one file until it is called
  },
  { ...common, banner, entry: ['src/server/main.ts'], outDir: 'dist/jit-endpoint', metafile: true },
])
