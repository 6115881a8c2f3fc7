import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installLayer, keepLayer, removeLayer } from '../../../../src/client/wake/keep.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { wakeWorld } from '../../../support/wake-world.ts'

test('the first delivery installs it; later ones start no process', async () => {
  using world = wakeWorld('linux')
  const keeping = { ...world, fs: nodeFileSystem }
  expect(await keepLayer(keeping)).toBe('installed')
  world.manager.forget()
  expect(await keepLayer(keeping)).toBe('there')
  expect(world.manager.calls()).toEqual([])
})

test('an upgraded jit installs itself anew', async () => {
  using world = wakeWorld('linux')
  const keeping = { ...world, fs: nodeFileSystem }
  await keepLayer(keeping)
  const newer = { ...keeping, program: { ...world.program, file: '/newer/node' } }
  expect(await keepLayer(newer)).toBe('installed')
  expect(await world.layer.isInstalled(newer.program)).toBe(true)
})

test('removed by wish: no delivery brings it back, --fix does', async () => {
  using world = wakeWorld('linux')
  const keeping = { ...world, fs: nodeFileSystem }
  await keepLayer(keeping)
  expect(await removeLayer(keeping)).toBe(true)
  expect(await keepLayer(keeping)).toBe('unwanted')
  expect(await world.layer.isThere()).toBe(false)
  await installLayer(keeping)
  expect(await keepLayer(keeping)).toBe('there')
})

test('no service manager: nothing is written, and it is tried again', async () => {
  using world = wakeWorld('linux')
  const layer = { ...world.layer, isAvailable: () => false }
  expect(await keepLayer({ ...world, layer, fs: nodeFileSystem })).toBe('unavailable')
  expect(readdirSync(world.root)).toEqual([])
  expect(await keepLayer({ ...world, fs: nodeFileSystem })).toBe('installed')
})

test('a manager that refused is asked again at the next delivery', async () => {
  using world = wakeWorld('linux')
  world.manager.breaks()
  await expect(keepLayer({ ...world, fs: nodeFileSystem })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  world.manager.works()
  expect(await keepLayer({ ...world, fs: nodeFileSystem })).toBe('installed')
})

test("Node reads the task's environment as it was written, backslashes and all", async () => {
  using world = wakeWorld('win32')
  const state = 'C:\\new\\Users\\it\'s $HOME # "me"\\state'
  await world.layer.install({ ...world.program, env: { JIT_STATE_DIR: state } })
  const file = join(world.root, 'sweep.env')
  const shown = spawnSync(process.execPath, [`--env-file=${file}`, '-p', 'process.env.JIT_STATE_DIR'], {
    encoding: 'utf8',
  })
  expect(shown.stdout.trimEnd()).toBe(state)
  expect(readFileSync(file, 'utf8')).toMatch(/^# Made by jit/)
})
