import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type WakeWorld, wakeWorld } from '../support/wake-world.ts'

const kinds = {
  'systemd user timer': () => wakeWorld('linux'),
  'launchd agent': () => wakeWorld('darwin'),
  'launchd agent over SSH': () => wakeWorld('darwin', { hasGui: false }),
  'scheduled task': () => wakeWorld('win32'),
}

/** Every file that lies below home or state, by path. */
const filesOf = ({ home, root }: WakeWorld): readonly string[] =>
  [home, root].flatMap((top) =>
    readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name)),
  )

describe.each(Object.entries(kinds))('%s', (_name, make) => {
  test('is not there, is installed, is removed without a trace', async () => {
    using world = make()
    const { layer, program } = world
    expect([layer.isAvailable(), await layer.isThere(), await layer.isInstalled(program)]).toEqual([true, false, false])
    await layer.install(program)
    expect([await layer.isThere(), await layer.isInstalled(program)]).toEqual([true, true])
    expect(await layer.remove()).toBe(true)
    expect([await layer.isThere(), await layer.isInstalled(program)]).toEqual([false, false])
    expect(filesOf(world)).toEqual([])
    expect(await layer.remove()).toBe(false)
  })

  test('the same again is no error', async () => {
    using world = make()
    await world.layer.install(world.program)
    const files = filesOf(world)
    await world.layer.install(world.program)
    expect(await world.layer.isInstalled(world.program)).toBe(true)
    expect(filesOf(world)).toEqual(files)
  })

  test('a jit that was moved is not what it runs, until it is installed again', async () => {
    using world = make()
    const { layer, program } = world
    await layer.install(program)
    const moved = { ...program, args: ['/elsewhere/jit.js', 'sweep'] }
    expect(await layer.isInstalled(moved)).toBe(false)
    expect(await layer.isThere()).toBe(true)
    await layer.install(moved)
    expect([await layer.isInstalled(moved), await layer.isInstalled(program)]).toEqual([true, false])
  })

  test('another state directory is not what it sweeps', async () => {
    using world = make()
    const { layer, program } = world
    await layer.install(program)
    expect(await layer.isInstalled({ ...program, env: { ...program.env, JIT_STATE_DIR: '/other' } })).toBe(false)
  })

  test('a manager that says no: its words, and nothing stays', async () => {
    using world = make()
    world.manager.breaks()
    await expect(world.layer.install(world.program)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('no answer from the manager'),
    })
    expect(filesOf(world)).toEqual([])
  })

  test('a manager that says no to a newer one takes nothing away that works', async () => {
    using world = make()
    await world.layer.install(world.program)
    const files = filesOf(world)
    world.manager.breaks()
    const newer = { ...world.program, args: ['/newer/jit.js', 'sweep'] }
    await expect(world.layer.install(newer)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(filesOf(world)).toEqual(files)
  })

  test('what it writes is private, and holds nothing of the environment but what it was given', async () => {
    using world = make()
    await world.layer.install(world.program)
    const files = filesOf(world).filter((file) => !file.includes('.wants/'))
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600))
    expect(files.filter((file) => readFileSync(file, 'utf8').includes('AWS_SECRET'))).toEqual([])
  })

  test.each<[string, (file: string) => void]>([
    ['file', (file) => writeFileSync(file, 'mine')],
    ['link', (file) => symlinkSync('/etc/passwd', file)],
    ['directory', (file) => mkdirSync(file)],
  ])('a %s of that name that is not of jit stays as it is', async (_what, put) => {
    using world = make()
    await world.layer.install(world.program)
    const files = filesOf(world).filter((file) => !file.includes('.wants/'))
    await world.layer.remove()
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true })
      put(file)
      const before = lstatSync(file)
      await expect(world.layer.install(world.program)).rejects.toMatchObject({ code: 'FILE_REFUSED' })
      await world.layer.remove().catch(() => undefined)
      expect(lstatSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
      rmSync(file, { recursive: true })
    }
  })

  test('a manager that hangs is given up', async () => {
    using world = make()
    for (const name of readdirSync(world.manager.bin))
      writeFileSync(join(world.manager.bin, name), '#!/bin/sh\nexec sleep 60\n')
    const before = performance.now()
    expect(await world.layer.isInstalled(world.program)).toBe(false)
    expect(performance.now() - before).toBeLessThan(12_000)
  })
})
