import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import type { Order } from '../../../src/client/elevation.ts'
import { approved, elevated, order } from '../../support/elevated.ts'
import { target } from '../../support/fake-approval.ts'
import type { Fake } from '../../support/fake-context.ts'

describe('elevate in a job of a pipeline', () => {
  const wish = { targets: ['prod-db'], reason: 'run 42' }
  const remembered = async (given: Fake, ask: Order['ask']) => {
    const { result, pending } = await elevated({ isPipeline: true, ...given }, { ask, waitMs: 0 })
    await result
    return pending.list().map(({ deliver }) => deliver)
  }

  test('delivers into a private directory, unless its author or the policy says otherwise', async () => {
    expect(await remembered({}, wish)).toEqual(['isolated'])
    expect(await remembered({}, { ...wish, deliver: 'files' })).toEqual(['files'])
    expect(await remembered({}, { ...wish, asDefault: true })).toEqual([undefined])
    expect(await remembered({ targets: [target('prod-db', { deliver: 'process' })] }, wish)).toEqual([undefined])
    expect(await remembered({ isPipeline: false }, wish)).toEqual([undefined])
  })

  /** Asked with the key of another job. */
  const foreign = () => ({ ...approved(), fingerprint: 'words of another key' })
  const denied = () => Promise.reject(new JitError('DENIED', 'Another run asked for it.', ''))
  const collect: Order = { ask: { resume: 'req_1' }, waitMs: 0 }

  test('collects what another job of its run asked for, with another key; a person does not', async () => {
    const { result, calls } = await elevated({ isPipeline: true, found: foreign }, collect)
    expect(await result).toMatchObject({ kind: 'delivered' })
    expect(calls[0]).toBe('wait for req_1') // which the endpoint refuses to a job of another run, also under --no-wait
    await expect((await elevated({ found: foreign }, collect)).result).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
    })
  })

  test('asks anew where the open request of the same words is another run’s', async () => {
    const first = await elevated({ isPipeline: true }, order({ waitMs: 0 }))
    await first.result
    const second = await elevated({ isPipeline: true, pending: first.pending, found: foreign }, order({ waitMs: 0 }))
    expect(await second.result).toMatchObject({ kind: 'pending' })
    expect(second.calls.filter((call) => call.startsWith('ask'))).toHaveLength(1)
  })

  test('asks nothing anew, and forgets no request, where it is denied a look at its own', async () => {
    const first = await elevated({ isPipeline: true }, order({ waitMs: 0 }))
    await first.result
    const second = await elevated({ isPipeline: true, pending: first.pending, found: denied }, order({ waitMs: 0 }))
    await expect(second.result).rejects.toMatchObject({ code: 'DENIED' })
    expect(second.calls.filter((call) => call.startsWith('ask'))).toEqual([])
    expect(first.pending.list()).toHaveLength(1)
  })

  test('ends nothing of another job that it does not get; what it asked for itself it does', async () => {
    const other = await elevated({ isPipeline: true, found: foreign, credentials: denied }, collect)
    await expect(other.result).rejects.toMatchObject({ code: 'DENIED' })
    expect(other.calls).not.toContain('end grant_prod-db')
    const own = await elevated({ isPipeline: true, found: () => approved(), credentials: denied }, collect)
    await expect(own.result).rejects.toMatchObject({ code: 'DENIED' })
    expect(own.calls).toContain('end grant_prod-db')
  })
})
