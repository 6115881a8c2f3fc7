import { expect, test } from 'vitest'
import { keyStoreChoice } from '../../../src/cli/key-store-choice.ts'
import { TempHome } from '../../support/temp-home.ts'

const choice = (JIT_KEY_STORE: string) => {
  using home = new TempHome()
  return keyStoreChoice({ JIT_KEY_STORE }, { config: home.root })
}

test('a key store is the one that is named, or auto; a name that is none is an error, not auto', () => {
  expect([choice('keyutils'), choice('')]).toEqual(['keyutils', 'auto'])
  expect(() => choice('keychian')).toThrow(expect.objectContaining({ code: 'USAGE' }))
})
