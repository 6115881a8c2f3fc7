import { describe, expect, test } from 'vitest'
import { noteText, secretPlaces } from '../../../../src/cli/ui/entry-text.ts'
import { lease } from '../../../support/fake-leasing.ts'

describe('where secrets lie', () => {
  const azure = lease('prod-db').places.map((place) => ({ ...place, cloud: 'azure' as const }))
  const at = (format: 'az-token-cache' | 'az-clouds') =>
    azure.map((place) => ({ ...place, format, path: `/home/eve/.azure/${format}` }))

  test('a file where only the name of a subscription is looked for is not among them', () => {
    const places = [...at('az-token-cache'), ...at('az-clouds')]
    expect(secretPlaces({ places }, { cloud: 'azure' })).toEqual(['/home/eve/.azure/az-token-cache'])
  })
})

describe('a cloud that is delivered otherwise than asked', () => {
  const note = 'The Azure CLI asks no program for its tokens.'

  test('whoever asked for encryption is told that there is none', () => {
    expect(noteText({ deliver: 'process' }, { cloud: 'azure', deliver: 'isolated', note })).toEqual([
      `azure is delivered isolated, unencrypted. ${note}`,
    ])
  })

  test('otherwise how and why, in whole sentences and without control characters', () => {
    const path = "Google's libraries cannot start a program whose path holds spaces or quotes: /opt/my\u001b[2J jit"
    expect(noteText({ deliver: 'files' }, { cloud: 'gcp', deliver: 'isolated', note: path })).toEqual([
      `gcp is delivered isolated. ${path.replace('\u001b', '')}.`,
    ])
  })

  test('nothing where all is as asked', () => {
    expect(noteText({ deliver: 'process' }, { cloud: 'aws', deliver: 'process' })).toEqual([])
  })
})
