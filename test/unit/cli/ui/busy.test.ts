import { describe, expect, test } from 'vitest'
import { busyLine, PATIENCE_MS } from '../../../../src/cli/ui/busy.ts'
import { manualClock } from '../../../support/manual-clock.ts'

/** What a person saw, in order; `-` is the line gone. */
function watched({ isWatched = true } = {}) {
  const clock = manualClock()
  const seen: string[] = []
  let loads = 0
  const line = {
    show: (text: string) => void seen.push(text),
    hide: () => void (seen.at(-1) !== '-' && seen.push('-')),
    around: (write: () => void) => write(),
  }
  const busy = busyLine(clock, async () => {
    loads += 1
    return isWatched ? line : undefined
  })
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  return { busy, seen, pass, loads: () => loads }
}

describe('what is waited for', () => {
  test('is not said where the wait is short, and nothing is loaded for it', async () => {
    const { busy, seen, pass, loads } = watched()
    const wait = busy.begin('Asking')
    await pass(PATIENCE_MS - 1)
    wait.stop()
    await pass(PATIENCE_MS)
    expect([seen, loads()]).toEqual([[], 0])
  })

  test('is said when it is long, and gone when it is over', async () => {
    const { busy, seen, pass } = watched()
    const wait = busy.begin('Asking')
    await pass(PATIENCE_MS)
    wait.show('Still asking')
    wait.stop()
    expect(seen).toEqual(['Asking', 'Still asking', '-'])
  })

  test('a wait within a wait: the inner one speaks once it is long itself, then the outer one again', async () => {
    const { busy, seen, pass } = watched()
    const outer = busy.begin('outer')
    await pass(PATIENCE_MS)
    const inner = busy.begin('inner')
    await pass(PATIENCE_MS - 1)
    expect(seen).toEqual(['outer'])
    await pass(1)
    inner.stop()
    outer.stop()
    expect(seen).toEqual(['outer', 'inner', 'outer', '-'])
  })

  test('keeps out of the way of a question', async () => {
    const { busy, seen, pass } = watched()
    const wait = busy.begin('Asking')
    await pass(PATIENCE_MS)
    await busy.aside(async () => {
      seen.push('question')
      await pass(PATIENCE_MS)
    })
    wait.stop()
    expect(seen).toEqual(['Asking', '-', 'question', 'Asking', '-'])
  })

  test('ends with work that fails', async () => {
    const { busy, seen, pass } = watched()
    const failing = busy.during('Asking', async () => {
      await pass(PATIENCE_MS)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(seen).toEqual(['Asking', '-'])
  })

  test('nobody watches: nothing, and the work is done', async () => {
    const { busy, seen, pass } = watched({ isWatched: false })
    expect(await busy.during('Asking', async () => (await pass(PATIENCE_MS), 7))).toBe(7)
    expect(seen).toEqual([])
  })
})
