import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/platform/clock.ts'
import { withLock } from '../../../src/platform/lock.ts'
import { startDetached } from '../../../src/platform/processes.ts'
import { TempHome } from '../../support/temp-home.ts'

const COUNT_UP = `
import { readFileSync, writeFileSync } from 'node:fs'
import { systemClock } from '${join(import.meta.dirname, '../../../src/platform/clock.ts')}'
import { withLock } from '${join(import.meta.dirname, '../../../src/platform/lock.ts')}'
const [lock, counter] = process.argv.slice(1)
for (let i = 0; i < 50; i++)
  await withLock(lock, systemClock, 20_000, async () => {
    const value = Number(readFileSync(counter, 'utf8'))
    await systemClock.sleep(0)
    writeFileSync(counter, String(value + 1))
  })
`

describe('the lock', () => {
  test('lets one process at a time through', { timeout: 30_000 }, async () => {
    using home = new TempHome()
    const counter = join(home.root, 'counter')
    writeFileSync(counter, '0')
    const args = ['--input-type=module-typescript', '-e', COUNT_UP, join(home.root, 'lock'), counter]
    const children = [1, 2, 3, 4].map(() => spawn(process.execPath, args, { stdio: 'inherit' }))
    await Promise.all(children.map((child) => once(child, 'exit')))
    expect(readFileSync(counter, 'utf8')).toBe('200')
  })

  test('needs no room: it makes no file but its own, so a full disk does not keep a wipe from its work', async () => {
    using home = new TempHome()
    const names = await withLock(join(home.root, 'lock'), systemClock, 1000, async () => readdirSync(home.root))
    expect(names.toSorted()).toEqual(['home', 'lock'])
  })

  test('keeps callers of one process apart too, and is free after a failure', async () => {
    using home = new TempHome()
    const path = join(home.root, 'lock')
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} in`)
      await systemClock.sleep(30)
      order.push(`${name} out`)
      throw new Error(name)
    }
    const both = ['a', 'b'].map((name) => withLock(path, systemClock, 5000, work(name)))
    await expect(Promise.allSettled(both)).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out'])
  })

  test('is waited for no longer than told', async () => {
    using home = new TempHome()
    const path = join(home.root, 'lock')
    const late = () => withLock(path, systemClock, 60, () => Promise.resolve('in'))
    await withLock(path, systemClock, 0, async () => {
      await expect(late()).rejects.toMatchObject({ code: 'LOCKED' })
    })
    await expect(late()).resolves.toBe('in')
  })

  test('works again after something has written over its file', async () => {
    using home = new TempHome()
    const path = join(home.root, 'lock')
    writeFileSync(path, 'garbage'.repeat(1000))
    await expect(withLock(path, systemClock, 1000, () => Promise.resolve('in'))).resolves.toBe('in')
  })
})

test('a detached process has its own session and nothing of our environment', async () => {
  using home = new TempHome()
  const file = join(home.root, 'told')
  const program = `const { writeFileSync, renameSync } = require('node:fs')
    writeFileSync('${file}.part', JSON.stringify([Object.keys(process.env), process.cwd()])); renameSync('${file}.part', '${file}')`
  await startDetached({ file: process.execPath, args: ['-e', program], env: { ONLY: 'this' } })
  for (let i = 0; i < 500 && !existsSync(file); i++) await systemClock.sleep(10)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([['ONLY'], '/'])
})

test('a program that is not there is an error', async () => {
  await expect(startDetached({ file: '/nonexistent/jit', args: [], env: {} })).rejects.toThrow('ENOENT')
})
