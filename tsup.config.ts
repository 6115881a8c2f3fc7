import { defineConfig, type Options } from 'tsup'

/**
 * For `import … from "node:fs"` Node reads every getter of that module (`fs.promises`, `process.stdin`) and loads the 30 to 60
 * modules behind them: a tenth to a fifth of the start of a command. Asked for by call, a module loads what is used. Each import
 * gets a module of its own that exports what Node's has; esbuild drops the exports that nobody reads.
 */
const builtinsByCall: NonNullable<Options['esbuildPlugins']>[number] = {
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
const renewerOfJit: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'renewer-of-jit',
  setup: (build) =>
    build.onResolve({ filter: /^\.\/renewer\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: '../jit/renewer.js', external: true } : undefined,
    ),
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
    esbuildPlugins: [builtinsByCall],
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
