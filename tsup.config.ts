import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { jit: 'src/cli/main.ts', 'jit-endpoint': 'src/server/main.ts' },
  format: ['esm'],
  target: 'node24',
  platform: 'node',
  splitting: true,
  minify: true,
  clean: true,
  metafile: true,
  // node:sqlite has no other name.
  removeNodeProtocol: false,
  // Native addons and WebAssembly cannot be bundled; all else is, so that users install next to nothing.
  // `noExternal` wins over `external`, so it must leave them out by itself.
  noExternal: [/^(?!@napi-rs\/keyring|@cedar-policy\/cedar-wasm|pg-native)/],
  external: [/^@napi-rs\/keyring/, /^@cedar-policy\/cedar-wasm/, 'pg-native'],
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
})
