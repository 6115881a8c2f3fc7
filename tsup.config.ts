import { defineConfig, type Options } from 'tsup'

const BUILTIN_IMPORT =
  /import(?:\s*(?<name>[\w$]+)\s*,?)?(?:\s*\{(?<names>[^}]*)\}|\s*\*\s*as\s+(?<space>[\w$]+)\s*)?\s*from\s*"(?<id>node:[\w/]+)";/g

/**
 * For `import … from "node:fs"` Node reads every getter of that module (`fs.promises`, `process.stdin`) and loads the 30 to 60
 * modules behind them: a tenth to a fifth of the start of a command. Asked for by call, a module loads what is used.
 */
const builtinsByCall: NonNullable<Options['plugins']>[number] = {
  name: 'builtins-by-call',
  renderChunk: (code) => ({
    code: code.replace(BUILTIN_IMPORT, (_all, _1, _2, _3, _4, _offset, _text, { name, names, space, id }) => {
      const module = `process.getBuiltinModule("${id}")`
      const whole = name ?? space
      const parts = names === undefined ? '' : `const{${names.replaceAll(/\s+as\s+/g, ':')}}=${module};`
      return whole === undefined
        ? parts
        : `const ${whole}=${id === 'node:child_process' ? lazily(id) : module};${parts}`
    }),
  }),
}

/** commander imports it for a feature that jit doesn't use. */
const lazily = (id: string): string => `new Proxy({},{get:(_,key)=>process.getBuiltinModule("${id}")[key]})`

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
  plugins: [builtinsByCall],
}

// For CommonJS packages in the bundle.
const banner = { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" }

const filesIn = (directory: string): NonNullable<Options['esbuildOptions']> => {
  return (options) => {
    options.chunkNames = `${directory}/[name]-[hash]`
  }
}

// Three builds that share no file: what two programs share becomes a file of its own, and each that Node loads costs a
// thirtieth of its start.
export default defineConfig([
  {
    ...common,
    banner,
    entry: { jit: 'src/cli/main.ts' },
    splitting: true,
    metafile: true,
    clean: ['!jit-fast.js', '!fast', '!jit-endpoint.js', '!endpoint'],
  },
  { ...common, entry: { 'jit-fast': 'src/cli/fast/main.ts' }, splitting: true, esbuildOptions: filesIn('fast') },
  {
    ...common,
    banner,
    entry: { 'jit-endpoint': 'src/server/main.ts' },
    splitting: true,
    esbuildOptions: filesIn('endpoint'),
  },
])
