import {
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\nregion = a\n'
const EDITED = '[default]\nregion = b\n'

/** Lets somebody else act while jit sleeps: before the first sleep for which `when` holds, and a second time as long after as told. */
class Meddling extends FakeClock {
  readonly #acts: { readonly when: () => boolean; readonly act: () => void }[] = []
  meanwhile(when: () => boolean, act: () => void): void {
    this.#acts.push({ when, act })
  }
  override sleep(ms: number): Promise<void> {
    const next = this.#acts[0]
    if (next?.when() === true) {
      this.#acts.shift()
      next.act()
    }
    return super.sleep(ms)
  }
  get left(): number {
    return this.#acts.length
  }
}

function setUp() {
  const home = new TempHome()
  home.put(ORIGINAL)
  const clock = new Meddling(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  return {
    home,
    clock,
    leasing,
    write: (of = leasing) => of.write(newLease(clock), awsDelivery('jit-prod-db')),
    wipe: () => leasing.wipe(['g_1'], 'revoked'),
    has: (text: string) => () => home.text()?.includes(text) === true,
    lacks: (text: string) => () => home.text()?.includes(text) !== true,
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

/** `aws configure set` in two halves: the file is opened and emptied, and written later through the same descriptor. */
function slowWriter(path: string) {
  const fd = openSync(path, 'r+')
  return {
    empty: () => ftruncateSync(fd, 0),
    finish: (text: string) => {
      ftruncateSync(fd, 0)
      writeSync(fd, text, 0)
      closeSync(fd)
    },
  }
}

describe('a program that had the file open when jit exchanged it', () => {
  test('keeps what it wrote during elevate, and jit keeps its block', async () => {
    using at = setUp()
    const writer = slowWriter(at.home.credentials)
    at.clock.meanwhile(at.has('[jit-prod-db]'), () => writer.finish(EDITED))
    await at.write()
    expect(at.clock.left).toBe(0)
    expect(at.home.text()?.startsWith(EDITED)).toBe(true)
    expect(at.home.text()).toContain(SECRETS[1])
    await at.wipe()
    expect([at.home.text(), at.home.names()]).toEqual([EDITED, ['.aws', '.aws/credentials']])
  })

  test('gets the time to finish when it has only emptied the file so far', async () => {
    using at = setUp()
    const writer = slowWriter(at.home.credentials)
    at.clock.meanwhile(at.has('[jit-prod-db]'), writer.empty)
    const emptied = at.clock.now() + 700
    at.clock.meanwhile(
      () => at.clock.now() > emptied,
      () => writer.finish(EDITED),
    )
    await at.write()
    expect(at.clock.left).toBe(0)
    await at.wipe()
    expect(at.home.text()).toBe(EDITED)
  })

  test('is waited for as long when an earlier lease was replaced in the meantime', async () => {
    using at = setUp()
    await at.write()
    const writer = slowWriter(at.home.credentials)
    let seen = 0
    at.clock.meanwhile(at.has('g_2'), () => (seen = at.clock.now()))
    at.clock.meanwhile(
      () => at.clock.now() >= seen + 80,
      () => writer.finish(EDITED),
    )
    await at.leasing.write({ ...newLease(at.clock), id: 'g_2' }, awsDelivery('jit-prod-db'))
    expect(at.clock.left).toBe(0)
    expect(at.home.text()?.startsWith(EDITED)).toBe(true)
    expect(at.home.text()).toContain('g_2')
  })

  test('keeps what it wrote during the wipe, and the secret it wrote back is gone', async () => {
    using at = setUp()
    await at.write()
    const stale = at.home.text()?.replace(ORIGINAL, EDITED) ?? ''
    const writer = slowWriter(at.home.credentials)
    at.clock.meanwhile(at.lacks('[jit-prod-db]'), () => writer.finish(stale))
    await at.wipe()
    expect(at.clock.left).toBe(0)
    expect([at.home.text(), at.home.filesHolding(...SECRETS)]).toEqual([EDITED, []])
  })

  test('keeps what it wrote although jit was killed before it could look', async () => {
    using at = setUp()
    const writer = slowWriter(at.home.credentials)
    const killed = leasingIn(at.home, at.clock, {
      ...nodeFileSystem,
      lstat: (path) => {
        if (at.has('[jit-prod-db]')()) throw new Error('killed')
        return nodeFileSystem.lstat(path)
      },
      open: (path, how, mode) => {
        if (at.has('[jit-prod-db]')()) throw new Error('killed')
        return nodeFileSystem.open(path, how, mode)
      },
      unlink: (path) => {
        if (at.has('[jit-prod-db]')()) throw new Error('killed')
        nodeFileSystem.unlink(path)
      },
    })
    await expect(at.write(killed)).rejects.toThrow('killed')
    writer.finish(EDITED)
    at.clock.advance(60_000)
    await at.leasing.sweep()
    expect([at.home.text(), at.home.filesHolding(...SECRETS)]).toEqual([EDITED, []])
  })
})

describe('a program that writes its old copy of the file', () => {
  test('over ours during elevate: the block is written again', async () => {
    using at = setUp()
    at.clock.meanwhile(at.has('[jit-prod-db]'), () => writeFileSync(at.home.credentials, EDITED))
    await at.write()
    expect(at.clock.left).toBe(0)
    expect(at.home.text()).toContain('[jit-prod-db]')
    await at.wipe()
    expect(at.home.text()).toBe(EDITED)
  })

  test('over ours during the wipe: the secret goes again', async () => {
    using at = setUp()
    await at.write()
    const stale = at.home.text()?.replace(ORIGINAL, EDITED) ?? ''
    at.clock.meanwhile(at.lacks('[jit-prod-db]'), () => writeFileSync(at.home.credentials, stale))
    await at.wipe()
    expect(at.clock.left).toBe(0)
    expect([at.home.text(), at.home.filesHolding(...SECRETS)]).toEqual([EDITED, []])
  })

  test('to a file that jit had made and taken away: it stays, without the secret', async () => {
    using at = setUp()
    truncateSync(at.home.credentials)
    await at.write()
    const writer = slowWriter(at.home.credentials)
    at.clock.meanwhile(at.lacks('[jit-prod-db]'), () => writer.finish(EDITED))
    await at.wipe()
    expect(at.home.text()).toBe(EDITED)
  })
})

describe('a file that is just being written', () => {
  test('is not believed while it is empty', async () => {
    using at = setUp()
    const clock = new Meddling() // now: the emptied file is as fresh as it looks
    const leasing = leasingIn(at.home, clock)
    const writer = slowWriter(at.home.credentials)
    writer.empty()
    const emptied = clock.now() + 400
    clock.meanwhile(
      () => clock.now() > emptied,
      () => writer.finish(EDITED),
    )
    await leasing.write(newLease(clock), awsDelivery('jit-prod-db'))
    expect(clock.left).toBe(0)
    await leasing.wipe(['g_1'], 'revoked')
    expect(at.home.text()).toBe(EDITED)
  })

  test('is taken as it is when somebody has replaced it in between', async () => {
    using at = setUp()
    let replaced = false
    const racing = leasingIn(at.home, at.clock, {
      ...nodeFileSystem,
      link: (from, to) => {
        if (!replaced) {
          replaced = true
          writeFileSync(`${from}.editor`, EDITED)
          utimesSync(`${from}.editor`, 1, 1) // as `cp -p` does: its time does not tell that it is new
          renameSync(`${from}.editor`, from)
        }
        nodeFileSystem.link(from, to)
      },
    })
    await at.write(racing)
    await at.wipe()
    expect(at.home.text()).toBe(EDITED)
  })
})
