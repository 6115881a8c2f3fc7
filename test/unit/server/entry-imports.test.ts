import { describe, expect, test } from 'vitest'
import { bundleOf, packagesAmong } from '../../support/bundle.ts'

const { loadedWith, outputOf } = bundleOf('jit-endpoint')
const SDK = /^(@aws-sdk|@smithy|@azure|@typespec|google-auth-library|gaxios|gcp-metadata|node-fetch)/

describe('what jit-endpoint loads', () => {
  test('before it knows the command: commander and nothing else', () => {
    expect(packagesAmong(loadedWith(['dist/jit-endpoint/main.js']))).toEqual(['commander'])
  })

  test('to serve: no library of any cloud, before the first exchange there', () => {
    const inputs = loadedWith([outputOf('src/server/operations.ts')])
    for (const cloud of ['aws-sts', 'azure-token', 'gcp-impersonate'])
      expect(inputs).toContain(`src/server/exchange/${cloud}.ts`) // proof that something was read
    expect(packagesAmong(inputs).filter((name) => SDK.test(name))).toEqual([])
  })

  test('at an exchange: the library of that cloud, and of no other', () => {
    const google = packagesAmong(loadedWith([outputOf('node_modules/google-auth-library/build/src/index.js')]))
    expect(google).toContain('gaxios')
    expect(google.filter((name) => /^@(azure|aws-sdk)/.test(name))).toEqual([])
    const azure = packagesAmong(loadedWith([outputOf('node_modules/@azure/identity/dist/esm/index.js')]))
    expect(azure).toContain('@azure/msal-node')
    expect(azure.filter((name) => /^(@aws-sdk|google)/.test(name))).toEqual([])
  })
})
