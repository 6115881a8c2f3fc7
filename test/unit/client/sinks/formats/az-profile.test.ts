import { describe, expect, test } from 'vitest'
import { jsonOf, valueAt } from '../../../../../src/base/json-splice.ts'
import { azProfile, hasOwnSubscription } from '../../../../../src/client/sinks/formats/az-profile.ts'
import { guid, profileEntry, subscription, TENANT } from '../../../../support/azure-entries.ts'
import { pythonJson } from '../../../../support/python-json.ts'

type Subscription = ReturnType<typeof subscription>

const file = (...subscriptions: readonly object[]): Buffer =>
  Buffer.from(`\uFEFF${pythonJson({ installationId: 'i', subscriptions })}`)
const listIn = (bytes: Buffer): Subscription[] => valueAt(jsonOf(bytes.toString()), ['subscriptions']) as Subscription[]
const shown = (bytes: Buffer): readonly string[] =>
  listIn(bytes).map(({ name, isDefault }) => (isDefault ? `*${name}` : name))
const wipe = (bytes: Buffer, ...numbers: readonly number[]): Buffer =>
  azProfile.remove(bytes, ({ lease }) => numbers.some((number) => lease === `g_${number}`))

/** `az account set`: everything is read, changed and written anew. */
const accountSet = (bytes: Buffer, chosen: string): Buffer => {
  const root = valueAt(jsonOf(bytes.toString()), []) as object
  const subscriptions = listIn(bytes).map((each) => ({ ...each, isDefault: each.name === chosen }))
  return Buffer.from(`\uFEFF${pythonJson({ ...root, subscriptions })}`)
}
/** `az logout --username X`, where X is a service principal or a person. */
const logout = (bytes: Buffer, user: string): Buffer => {
  const root = valueAt(jsonOf(bytes.toString()), []) as object
  const subscriptions = listIn(bytes).filter((each) => each.user.name !== user)
  return Buffer.from(`\uFEFF${pythonJson({ ...root, subscriptions })}`)
}
/** `az account list --refresh`: all entries are made anew from what Resource Manager says. */
const refresh = (bytes: Buffer): Buffer => {
  const root = valueAt(jsonOf(bytes.toString()), []) as object
  const subscriptions = listIn(bytes).map((each) => ({
    ...subscription(each.id, `ARM's name for ${each.id[0]}`, each.isDefault),
    user: each.user,
  }))
  return Buffer.from(`\uFEFF${pythonJson({ ...root, subscriptions })}`)
}

const MINE = subscription(guid(1), 'mine', true)
const OTHER = subscription(guid(2), 'other')

describe('the entry', () => {
  test('is what az itself writes for a service principal, named as the profile', () => {
    const [own] = listIn(azProfile.insert(Buffer.alloc(0), profileEntry(3)))
    expect(own).toEqual({
      id: guid(3),
      name: 'jit-target-3',
      state: 'Enabled',
      user: { name: guid('d'), type: 'servicePrincipal' },
      isDefault: true,
      tenantId: TENANT,
      environmentName: 'AzureCloud',
      homeTenantId: TENANT,
      managedByTenants: [],
    })
  })

  test('begins a new file with the byte order mark that az writes', () => {
    expect(azProfile.insert(Buffer.alloc(0), profileEntry(3)).subarray(0, 4).toString()).toBe('\uFEFF{')
  })
})

describe('the default subscription', () => {
  test('stays who it was', () => {
    const full = azProfile.insert(file(MINE, OTHER), profileEntry(3))
    expect(shown(full)).toEqual(['*mine', 'other', 'jit-target-3'])
  })

  test('is ours where az had none to choose from, or none in this cloud', () => {
    expect(shown(azProfile.insert(file(), profileEntry(3)))).toEqual(['*jit-target-3'])
    const china = subscription(guid(8), 'china', true, { environmentName: 'AzureChinaCloud' })
    const full = azProfile.insert(file(china), profileEntry(3))
    expect(shown(full)).toEqual(['*china', '*jit-target-3'])
    expect(wipe(full, 3)).toEqual(file(china))
  })

  test('is ours with --as-default, and the user gets his back', () => {
    const full = azProfile.insert(file(MINE, OTHER), profileEntry(3, { asDefault: true }))
    expect(shown(full)).toEqual(['mine', 'other', '*jit-target-3'])
    expect(wipe(full, 3)).toEqual(file(MINE, OTHER))
  })

  test.each([[[3, 4]], [[4, 3]]])('goes back through two grants that took it in turn, ended in order %j', (order) => {
    const one = azProfile.insert(file(MINE), profileEntry(3, { asDefault: true }))
    const two = azProfile.insert(one, profileEntry(4, { asDefault: true }))
    const [first = 0, second = 0] = order
    expect(shown(wipe(two, first))).toEqual(first === 4 ? ['mine', '*jit-target-3'] : ['mine', '*jit-target-4'])
    expect(wipe(wipe(two, first), second)).toEqual(file(MINE))
  })

  test('is who the user chose meanwhile', () => {
    const full = azProfile.insert(file(MINE, OTHER), profileEntry(3, { asDefault: true }))
    expect(shown(wipe(accountSet(full, 'other'), 3))).toEqual(['mine', '*other'])
  })

  test('is who it was before where the user had chosen ours by az account set', () => {
    const full = azProfile.insert(file(MINE, OTHER), profileEntry(3))
    expect(wipe(accountSet(full, 'jit-target-3'), 3)).toEqual(file(MINE, OTHER))
  })

  test('stays ours over a renewal where the user had chosen ours', () => {
    const chosen = accountSet(azProfile.insert(file(MINE), profileEntry(3)), 'jit-target-3')
    const renewed = azProfile.insert(chosen, profileEntry(3))
    expect(shown(renewed)).toEqual(['mine', '*jit-target-3'])
    expect(wipe(renewed, 3)).toEqual(file(MINE))
  })
})

describe("the user's own entry of the same subscription", () => {
  const theirs = subscription(guid(3), 'prod', false, { odd: ['"', { x: 1 }] })

  test('steps aside, so that az finds one, and comes back as it was', () => {
    const full = azProfile.insert(file(MINE, theirs, OTHER), profileEntry(3))
    expect(shown(full)).toEqual(['*mine', 'jit-target-3', 'other'])
    expect(wipe(full, 3)).toEqual(file(MINE, theirs, OTHER))
  })

  test('comes back after az has written the file anew', () => {
    const full = accountSet(azProfile.insert(file(MINE, theirs), profileEntry(3)), 'jit-target-3')
    expect(listIn(wipe(full, 3))).toEqual([MINE, theirs])
  })

  test('comes back after az has made all entries anew', () => {
    const wiped = wipe(refresh(azProfile.insert(file(MINE, theirs), profileEntry(3))), 3)
    expect(listIn(wiped).map(({ id, user }) => [id, user.name])).toEqual([
      [guid(1), 'alice@corp.example'],
      [guid(3), 'alice@corp.example'],
    ])
    expect(wiped.toString()).not.toContain('jit')
  })

  test('comes back after our service principal was logged out, and nobody is the default twice', () => {
    const own = { ...theirs, isDefault: true }
    const full = azProfile.insert(file({ ...MINE, isDefault: false }, own), profileEntry(3, { asDefault: true }))
    expect(shown(wipe(logout(full, guid('d')), 3))).toEqual(['mine', '*prod'])
    const chosen = logout(accountSet(full, 'mine'), guid('d'))
    expect(shown(wipe(chosen, 3))).toEqual(['*mine', 'prod'])
  })

  test('is not brought back over one that he has made since by logging in', () => {
    const full = logout(azProfile.insert(file(MINE, theirs), profileEntry(3)), guid('d'))
    const again = { ...theirs, name: 'prod, renamed' }
    const root = valueAt(jsonOf(full.toString()), []) as object
    const loggedIn = Buffer.from(`\uFEFF${pythonJson({ ...root, subscriptions: [...listIn(full), again] })}`)
    expect(shown(wipe(loggedIn, 3))).toEqual(['*mine', 'prod, renamed'])
  })

  test('is not touched where it is his default, unless he said --as-default', () => {
    const his = file({ ...theirs, isDefault: true })
    expect(() => azProfile.insert(his, profileEntry(3))).toThrow('which jit changes with --as-default only')
    const full = azProfile.insert(his, profileEntry(3, { asDefault: true }))
    expect(shown(full)).toEqual(['*jit-target-3'])
    expect(wipe(full, 3)).toEqual(his)
    expect(shown(wipe(accountSet(full, 'nobody'), 3))).toEqual(['*prod'])
  })

  test.each([[[3, 4]], [[4, 3]]])(
    'is the default again after two grants that took that from it, ended in order %j',
    (order) => {
      const his = file({ ...theirs, isDefault: true }, OTHER)
      const one = azProfile.insert(his, profileEntry(3, { asDefault: true }))
      const two = azProfile.insert(one, profileEntry(4, { asDefault: true }))
      expect(shown(two)).toEqual(['jit-target-3', 'other', '*jit-target-4'])
      expect(order.reduce((bytes, number) => wipe(bytes, number), two)).toEqual(his)
    },
  )

  test('is known of, also while it lies aside', () => {
    const his = file(MINE, theirs)
    const full = azProfile.insert(his, profileEntry(3))
    expect([his, full].map((bytes) => hasOwnSubscription(bytes, guid(3)))).toEqual([true, true])
    const ours = azProfile.insert(file(MINE), profileEntry(3))
    expect([ours, file(MINE), Buffer.alloc(0)].map((bytes) => hasOwnSubscription(bytes, guid(3)))).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('refused', () => {
  const check =
    (bytes: Buffer, entry = profileEntry(3)) =>
    () => {
      const wanted = { profile: entry.profile, asDefault: false, content: entry.content }
      azProfile.check('/home/alice/.azure/azureProfile.json', bytes, wanted)
    }

  test('a name that the user has, in any case, as az compares them', () => {
    const full = file(subscription(guid(8), 'JIT-Target-3'))
    expect(check(full)).toThrow(/already is a subscription jit-target-3 in \/home\/alice\/\.azure\/azureProfile\.json/)
    expect(() => azProfile.insert(full, profileEntry(3))).toThrow(expect.objectContaining({ code: 'PROFILE_TAKEN' }))
  })

  test('a subscription that another grant holds', () => {
    const full = azProfile.insert(file(MINE), profileEntry(4))
    const second = profileEntry(3, { id: guid(4) })
    expect(check(full, second)).toThrow(`Grant g_4 (jit-target-4) uses subscription ${guid(4)}`)
    expect(() => azProfile.insert(full, second)).toThrow(expect.objectContaining({ code: 'PROFILE_TAKEN' }))
  })

  test('a subscription that is there twice already', () => {
    expect(check(file(subscription(guid(3), 'a'), subscription(guid(3), 'b')))).toThrow('twice')
  })

  test.each([
    [{ subscriptions: {} }, 'subscriptions is not a list'],
    [{ subscriptions: [{ id: 1 }] }, 'without id, name'],
  ])('a file at which az would stop: %j', (value, why) => {
    const bytes = Buffer.from(JSON.stringify(value))
    expect(check(bytes)).toThrow(why)
    expect(() => azProfile.insert(bytes, profileEntry(3))).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
  })

  test('a file with a member jit that is not of jit', () => {
    const bytes = Buffer.from('{"subscriptions":[],"jit":"mine"}')
    expect(() => azProfile.insert(bytes, profileEntry(3))).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
    expect(azProfile.remove(bytes, () => true)).toEqual(bytes)
  })

  test('our own entry is no obstacle to itself', () => {
    expect(check(azProfile.insert(file(MINE), profileEntry(3)))).not.toThrow()
  })
})
