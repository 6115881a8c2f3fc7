import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bundleOf, packagesAmong } from '../../support/bundle.ts'

const { loadedWith, filesOf, outputOf } = bundleOf('jit')

describe('what a start of jit loads before it knows what to do', () => {
  test('the entry: no package at all', () => {
    expect(packagesAmong(loadedWith(['dist/jit/main.js']))).toEqual([])
  })

  test('a command, its parser and its help: commander and nothing else', () => {
    const inputs = loadedWith([outputOf('src/cli/run.ts')])
    expect(inputs).toContain('src/cli/commands/elevate.ts') // proof that something was read
    expect(packagesAmong(inputs)).toEqual(['commander'])
  })

  test('sinks and network: no parser and no format of a cloud that is not delivered', () => {
    const inputs = loadedWith([outputOf('src/cli/on-demand.ts')])
    expect(inputs).toContain('src/client/sinks/clouds/kubernetes-context.ts') // proof that something was read
    expect(packagesAmong(inputs)).toEqual([])
    expect(inputs.filter((input) => /formats\/(kubeconfig|az-[pst])|json-splice/.test(input))).toEqual([])
  })

  test('few files, each of which costs a start: what parts share lies together', () => {
    const bin = filesOf(['dist/jit/main.js'])
    const commands = filesOf(['dist/jit/main.js', outputOf('src/cli/run.ts')])
    const elevate = filesOf([
      'dist/jit/main.js',
      ...['run', 'waiting-keychain', 'on-demand'].map((part) => outputOf(`src/cli/${part}.ts`)),
      outputOf('src/client/sinks/formats/aws-credentials.ts'),
    ])
    expect([bin.length, commands.length]).toEqual([3, 4])
    expect(elevate.length).toBeLessThanOrEqual(10)
  })

  test('the fast path is one small file of its own', () => {
    const code = readFileSync(join(import.meta.dirname, '../../../dist/jit-fast/main.js'), 'utf8')
    expect(code).toContain('AccessKeyId')
    expect(code).not.toMatch(/chunk-\w+|parseAsync/) // no other file, no commander
    expect(code.length).toBeLessThan(65 * 1024)
  })
})
