import { describe, expect, test } from 'vitest'
import { startAzureSimulator } from '../../../simulators/azure/simulator.ts'
import { ASSIGNMENT, AUDIENCE, azureAccount, CLIENT } from '../../../support/azure-account.ts'

describe('a configuration is refused', () => {
  const account = (more: object) => () => startAzureSimulator({ ...azureAccount('https://jit.corp.example'), ...more })
  const [application] = azureAccount('https://jit.corp.example').applications
  const credentials = (federatedCredentials: readonly object[]) =>
    account({ applications: [{ ...application, federatedCredentials }], roleAssignments: [] })
  const one = { name: 'jit', issuer: 'https://jit.corp.example', subject: 's', audiences: [AUDIENCE] }
  const ROWS: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'with two audiences in one credential',
      credentials([{ ...one, audiences: [AUDIENCE, 'x'] }]),
      /expected array to have exactly 1 items/,
    ],
    [
      'with 21 credentials',
      credentials(Array.from({ length: 21 }, (_, n) => ({ ...one, name: `jit-${n}`, subject: `s${n}` }))),
      /expected array to have <=20 items/,
    ],
    ['with issuer and subject twice', credentials([one, { ...one, name: 'jit-2' }]), /unique per application/],
    [
      'with a blank around the issuer',
      credentials([{ ...one, issuer: `${one.issuer} ` }]),
      /whitespace around an issuer/,
    ],
    [
      'with a subject of 601 characters',
      credentials([{ ...one, subject: 's'.repeat(601) }]),
      /expected string to have <=600 characters/,
    ],
    [
      'with a role for nobody',
      account({ roleAssignments: [{ name: ASSIGNMENT, principalId: CLIENT, role: 'Reader', scope: '/' }] }),
      /no principal/,
    ],
    ['with tokens of nine minutes', account({ tokenSeconds: 540 }), />=600/],
  ]
  test.each(ROWS)('%s', (_name, start, reason) => {
    expect(start).toThrow(reason)
  })
})
