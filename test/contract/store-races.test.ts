import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { verifyLeaves } from '../../src/server/audit/verify.ts'
import { Refusal } from '../../src/server/refusal.ts'
import type { Store } from '../../src/server/store/types.ts'
import { approvalsOver, caller, FakePolicy, leavesOf, story, wanted } from '../support/approvals.ts'
import { STORES, withReplicas } from '../support/replicas.ts'
import type { Database } from '../support/stores.ts'

const HOUR = 3_600_000

describe.each(STORES)('a store on %s', (_, start, available) => {
  describe.skipIf(!available)('keeps its promises', () => {
    let database: Database
    let store: Store
    let replica: Store
    withReplicas(start, (given) => ({ database, store, replica } = given))

    describe('races over two replicas', () => {
      const two = () => {
        const policy = new FakePolicy()
        return [approvalsOver(store, policy), approvalsOver(replica, policy)] as const
      }
      const [ann, bob] = [caller('ann'), caller('bob')]
      const prod = wanted({ targets: ['prod'] })

      /** How the calls ended: values, or refusals by their code. Anything else is a bug and is thrown. */
      async function outcomes<T>(calls: readonly Promise<T>[]): Promise<readonly (T | string)[]> {
        const settled = await Promise.allSettled(calls)
        return settled.map((each) => {
          if (each.status === 'fulfilled') return each.value
          if (each.reason instanceof Refusal) return each.reason.code
          throw each.reason
        })
      }

      test('of sixteen who approve, deny and cancel one request at once, one kind wins and the others hear it', async () => {
        const [here, there] = two()
        for (let round = 0; round < 20; round++) {
          const { id } = await here.ask(caller('rob'), prod, `k${round}`)
          const calls = Array.from({ length: 16 }, (_, i) => {
            const at = i % 2 === 0 ? here : there
            const who = i % 4 < 2 ? ann : bob
            const act = (i + round) % 3
            if (act === 0) return at.approve(who, id)
            return act === 1 ? at.deny(who, id, 'no') : at.cancel(caller('rob'), id)
          })
          const all = await outcomes(calls)
          const request = await there.get(caller('rob'), id)
          expect(['approved', 'denied', 'cancelled']).toContain(request.state)
          expect(request.grants).toHaveLength(request.state === 'approved' ? 1 : 0)
          const answers = all.map((each) => (typeof each === 'string' ? each : each.state))
          expect(answers.filter((each) => each !== 'conflict' && each !== request.state)).toEqual([])
          const settled = (await leavesOf(store)).filter(
            ({ body }) =>
              JSON.stringify(body).includes(id) && /"request.(approved|denied|cancelled)"/.test(JSON.stringify(body)),
          )
          expect(settled).toHaveLength(1)
        }
      })

      test('two who approve at once make a quorum of two', async () => {
        const [here, there] = two()
        for (let round = 0; round < 10; round++) {
          const { id } = await here.ask(caller('rob'), wanted({ targets: ['vault'] }), `k${round}`)
          await Promise.all([here.approve(ann, id), there.approve(bob, id)])
          expect(await here.get(ann, id)).toMatchObject({ state: 'approved', grants: [{ target: 'vault' }] })
        }
      })

      test('the same request sent sixteen times at once is one request', async () => {
        const [here, there] = two()
        for (const [round, body] of [wanted(), prod, wanted({ targets: ['dev', 'test'] })].entries()) {
          const asked = await Promise.all(
            Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? here : there).ask(ann, body, `k${round}`)),
          )
          expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
        }
        expect((await story(store)).filter((kind) => kind === 'request.asked')).toHaveLength(3)
      })

      test('no token is permitted after the leaf that ends its grant', async () => {
        const [here, there] = two()
        for (let round = 0; round < 10; round++) {
          const { grants } = await here.ask(ann, wanted(), `k${round}`)
          const id = grants[0]?.id ?? ''
          const all = await outcomes<unknown>([
            ...Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? here : there).issue(ann, id)),
            there.end(ann, id, 'revoked'),
            ...Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? here : there).issue(ann, id)),
          ])
          expect(all.filter((each) => typeof each === 'string' && each !== 'grant_ended')).toEqual([])
          const told = (await leavesOf(store)).flatMap(({ body }) =>
            JSON.stringify(body).includes(id) && Object(body).kind.startsWith('grant.')
              ? [String(Object(body).kind)]
              : [],
          )
          expect(told.filter((kind) => kind === 'grant.ended')).toHaveLength(1)
          expect(told.at(-1)).toBe('grant.ended')
        }
      })

      test('after the leaf of a stop nothing that it concerns is issued, approved or asked anywhere, and all of it ends', async () => {
        const [here, there] = two()
        const ada = caller('ada')
        let [before, refused] = [0, 0]
        for (let round = 0; round < 8; round++) {
          const people = Array.from({ length: 8 }, (_, i) => caller(`p${round}-${i}`))
          const held = await Promise.all(
            people.map(async (who) => (await here.ask(who, wanted(), 'held')).grants[0]?.id ?? ''),
          )
          const open = await Promise.all(people.map(async (who) => (await here.ask(who, prod, 'open')).id))
          const at = (i: number) => (i % 2 === 0 ? here : there)
          const work = people.flatMap((who, i) => [
            () => at(i).issue(who, held[i] ?? ''),
            () => at(i + 1).approve(i % 3 === 0 ? ann : bob, open[i] ?? ''),
            () => at(i).ask(who, wanted(), 'new'),
            () => at(i).issue(who, held[i] ?? ''),
          ])
          const thrown = (round * 5) % work.length
          const first = work.slice(0, thrown).map((call): Promise<unknown> => call())
          const throwing = there.throwStop(ada, { scope: 'all', reason: `round ${round}` })
          for (let turn = 0; turn < round; turn++) await nextTurn()
          const all = await outcomes([...first, throwing, ...work.slice(thrown).map((call) => call())])
          const codes = all.filter((each) => typeof each === 'string')
          expect(codes.filter((code) => code !== 'denied' && code !== 'grant_ended' && code !== 'conflict')).toEqual([])
          refused += codes.length
          before += all.length - codes.length - 1

          const bodies = (await leavesOf(store)).map(({ body }) => Object(body))
          const stopAt = bodies.findLastIndex(({ kind }) => kind === 'stop.thrown')
          const after = bodies.slice(stopAt).map(({ kind }) => kind)
          for (const kind of ['grant.issued', 'request.asked', 'request.approved', 'request.endorsed'])
            expect(after).not.toContain(kind)
          const now = await store.now()
          expect(await store.unendedGrants(100, { endsAt: now, id: '' })).toEqual([])
          expect(await store.undecided(100)).toEqual([])
          const [stop] = await here.listStops(ada)
          await here.liftStop(ada, stop?.id ?? '')
        }
        expect([before > 0, refused > 0]).toEqual([true, true]) // the stop fell among them, not always first or last
      })

      test('a stop of one grant and its issue do not wait for each other', async () => {
        const [here, there] = two()
        const ada = caller('ada')
        for (let round = 0; round < 10; round++) {
          const id = (await here.ask(ann, wanted(), `k${round}`)).grants[0]?.id ?? ''
          const all = await outcomes<unknown>([
            ...Array.from({ length: 4 }, () => here.issue(ann, id)),
            there.throwStop(ada, { scope: 'grant', value: id, reason: 'x' }),
            there.throwStop(ada, { scope: 'user', value: `nobody-${round}`, reason: 'x' }),
            ...Array.from({ length: 4 }, () => there.issue(ann, id)),
          ])
          expect(all.filter((each) => typeof each === 'string' && each !== 'grant_ended')).toEqual([])
          expect((await store.grant(id))?.endReason).toBe('killed')
        }
      })

      test('a stop that two replicas carry out at once ends each grant once', async () => {
        const [here, there] = two()
        for (let i = 0; i < 30; i++) await here.ask(caller(`p${i}`), wanted(), 'k')
        const dying = approvalsOver({ ...store, unendedGrants: () => Promise.reject(new Error('kill -9')) })
        await expect(dying.throwStop(caller('ada'), { scope: 'all', reason: 'x' })).rejects.toThrow('kill -9')
        await Promise.all([here.sweep(), there.sweep()])
        expect((await story(store)).filter((kind) => kind === 'grant.ended')).toHaveLength(30)
      })

      test('what several machines tell at once is counted one after the other', async () => {
        const [here, there] = two()
        for (let round = 0; round < 6; round++) {
          const id = (await here.ask(ann, wanted(), `k${round}`)).grants[0]?.id ?? ''
          await here.issue(ann, id)
          const tell = (i: number) =>
            (i % 2 === 0 ? here : there).receive(ann, id, {
              outcome: i === 3 ? 'stuck' : 'wiped',
              at: '2026-11-22T10:00:00Z',
              machine: `m${i}`,
            })
          await Promise.all(Array.from({ length: 8 }, (_, i) => tell(i)))
          await here.end(ann, id, 'revoked')
          expect((await store.transaction((tx) => tx.markUnconfirmed(0, 10))).map((row) => row.id)).toEqual([id])
        }
      })

      test('of many machines that tell of one grant at once, a hundred are noted', async () => {
        const [here, there] = two()
        const id = (await here.ask(ann, wanted(), 'k')).grants[0]?.id ?? ''
        await here.issue(ann, id)
        const tell = (i: number) =>
          (i % 2 === 0 ? here : there).receive(ann, id, {
            outcome: 'wiped',
            at: '2026-11-22T10:00:00Z',
            machine: `m${i}`,
          })
        await store.transaction(async (tx) => {
          for (let i = 0; i < 97; i++)
            await tx.putReceipt({ grantId: id, machine: `m${i}`, outcome: 'wiped', why: null, reportedAt: 1 })
        })
        const all = await outcomes(Array.from({ length: 16 }, (_, i) => tell(97 + i)))
        expect(all.filter((each) => each !== 'invalid_request')).toHaveLength(3)
        expect(await store.receipts([id])).toHaveLength(100)
        await expect(tell(0)).resolves.toBeUndefined()
      })

      test('a machine at one replica hears of what another replica ends long before its wait is over', async () => {
        const [here, there] = two()
        const id = (await here.ask(ann, wanted(), 'k')).grants[0]?.id ?? ''
        const waiting = here.channel(ann, { grants: [id], waitSeconds: 25 }, new AbortController().signal)
        await there.throwStop(caller('ada'), { scope: 'user', value: 'ann', reason: 'x' })
        const killed = performance.now()
        expect(await waiting).toEqual({ ended: [{ grant: id, reason: 'killed' }] })
        expect(performance.now() - killed).toBeLessThan(15_000)
      })

      test('approval and expiry exclude each other', async () => {
        const [here, there] = two()
        const ids: string[] = []
        for (let i = 0; i < 12; i++) ids.push((await here.ask(caller('rob'), prod, `k${i}`)).id)
        await outcomes<unknown>([
          ...ids.slice(0, 6).map((id) => here.approve(ann, id)),
          database.advance(HOUR),
          ...ids.slice(6).map((id) => there.approve(bob, id)),
          here.sweep(),
          there.sweep(),
        ])
        await here.sweep()
        const states = await Promise.all(ids.map(async (id) => (await there.get(caller('rob'), id)).state))
        const kinds = await story(store)
        const count = (of: readonly string[], what: string) => of.filter((each) => each === what).length
        expect(count(states, 'approved') + count(states, 'expired')).toBe(12)
        expect(count(kinds, 'request.approved')).toBe(count(states, 'approved'))
        expect(count(kinds, 'request.expired')).toBe(count(states, 'expired'))
      })

      test('each leaf of many writers continues the one before', async () => {
        const [here, there] = two()
        await Promise.all(
          Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? here : there).ask(caller(`p${i}`), wanted(), 'k')),
        )
        expect(await verifyLeaves(await leavesOf(replica))).toMatchObject({ ok: true, head: { seq: 80 } })
      })
    })
  })
})
