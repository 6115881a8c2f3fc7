import { bundleOf, packagesAmong } from '../support/bundle.ts'
import type { Missed } from './programs.ts'

const SDK = /^(@aws-sdk|@smithy|@azure|google-auth-library|gaxios|openid-client|@napi-rs|@inquirer)/

/** P5: what a start loads before it knows what to do, by the bundler's own account of the programs that were built. */
export function measureImports(): readonly Missed[] {
  const programs = ['jit', 'jit-endpoint'] as const
  return programs.flatMap((program) => {
    const { loadedWith, filesOf } = bundleOf(program)
    const entry = [`dist/${program}/main.js`]
    const packages = packagesAmong(loadedWith(entry))
    console.log(
      `P5 ${program} entry: ${filesOf(entry).length} files; packages within reach of its static imports: ${packages.join(', ') || 'none'} (reach no SDK)`,
    )
    const heavy = packages.filter((name) => SDK.test(name))
    return heavy.length === 0
      ? []
      : [{ sentence: `P5 ${program} loads ${heavy.join(', ')}`, promised: true, exact: true }]
  })
}
