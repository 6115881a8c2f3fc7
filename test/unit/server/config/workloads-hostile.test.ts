import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigurationError, renderFault } from '../../../../src/server/config/types.ts'
import { loadWorkloads } from '../../../support/workload-world.ts'

async function faultsOf(text: string): Promise<readonly string[]> {
  try {
    await loadWorkloads(text)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(renderFault)
    throw error
  }
  return []
}

test('any value anywhere in workloads ends in faults, never in a crash', async () => {
  const lines = `workloads:
  audience: https://jit.corp.example
  issuers:
    - preset: spiffe
      issuer: spiffe://corp.example
      jwks: https://spire.corp.example/b
      maxTokenLife: 1h
    - preset: pinned
      issuer: https://ci.corp.example
      ids: [sub]
  pipelines:
    - name: deploy
      issuer: spiffe
      match:
        sub: spiffe://corp.example/x
    - name: build
      issuer: pinned
      match: { sub: x }
      events: [push]
`.split('\n')
  const junk = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('~', '[]', '{}', '[[]]', '[~]', '{ a: { b: c } }', '1', 'true', 'github', 'pinned', '"*"', '.'),
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(lines.length - 1), junk, async (at, text) => {
      const changed = (lines[at] ?? '').replace(/:( .*)?$/, () => `: ${text}`)
      const faults = await faultsOf([...lines.slice(0, at), changed, ...lines.slice(at + 1)].join('\n'))
      for (const fault of faults) expect(fault).toMatch(/^\/etc\/jit\/c\.yaml:(\d+:)? /)
    }),
    { numRuns: 150 },
  )
})
