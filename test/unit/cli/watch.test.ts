import { expect, test } from 'vitest'
import { runStatus } from '../../../src/cli/commands/status.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'
import { Screen } from '../../support/screen.ts'

/** Looks at `states` one after another, a second apart, and ends. */
async function watch(states: readonly (readonly Lease[])[], { json = false, columns = 100, outIsTty = true } = {}) {
  const written: string[] = []
  const screen = new Screen(columns, 24)
  const stop = new AbortController()
  let look = 0
  const { ctx, calls } = fakeContext({
    outIsTty,
    columns,
    signal: stop.signal,
    screen: {
      write: (text) => written.push(text) > 0 && screen.write(text),
      columns: () => columns,
      rows: () => 24,
    },
  })
  const deps = await ctx.status()
  const status = async () => ({
    ...deps,
    leasing: {
      ...deps.leasing,
      list: () => {
        if (look === states.length - 1) stop.abort()
        return states[look++] ?? []
      },
    },
  })
  await runStatus({ ...ctx, status }, { json, watch: true })
  return { written, lines: screen.lines(), calls, looks: look }
}

test('draws anew each second, until Ctrl-C; asks and starts nothing', async () => {
  const { lines, calls, written } = await watch([[], [lease('prod-db')], [lease('prod-db')]], { columns: 160 })
  expect(lines[0]).toMatch(/^TARGET +STATE +LEFT/)
  expect(lines[1]).toMatch(/^prod-db +active +49m 58s/)
  expect(written.slice(0, 3).every((drawing) => drawing.includes('Ctrl-C ends this.'))).toBe(true)
  expect(lines.join('\n')).not.toContain('Ctrl-C') // it has ended
  expect(lines.join()).not.toContain('No grant is active')
  expect(written).toHaveLength(4) // the last one takes away what the terminal echoes of Ctrl-C
  expect(calls).toEqual([])
})

test('at 20 columns it is a block, and no row is longer', async () => {
  const { lines } = await watch([[lease('prod-db')]], { columns: 20 })
  expect(lines.slice(0, 3)).toEqual(['prod-db', '  state: active', '  left: 50m'])
  expect(lines.filter((line) => line.length > 20)).toEqual([])
})

test('--json: a line for each change, and time that passes is none', async () => {
  const { written } = await watch([[lease('prod-db')], [lease('prod-db')], [], [], [lease('logs')]], { json: true })
  const targets = written.map((line) => [...line.matchAll(/"target":"([\w-]+)"/g)].map(([, name]) => name))
  expect(targets).toEqual([['prod-db'], [], ['logs']])
  expect(written.every((line) => line.endsWith('}\n') && line.trim().split('\n').length === 1)).toBe(true)
})

test('into a pipe it wants --json', async () => {
  await expect(watch([[]], { outIsTty: false })).rejects.toMatchObject({ code: 'USAGE', hint: 'Add: --json' })
})

test('ends when its reader is gone', async () => {
  const { ctx } = fakeContext({ outIsTty: true, screen: { write: () => false, columns: () => 80, rows: () => 24 } })
  await runStatus(ctx, { json: true, watch: true })
  expect(ctx.signal.aborted).toBe(false)
})
