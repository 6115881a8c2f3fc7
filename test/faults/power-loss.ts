import { isDue } from '../../src/client/leases/due.ts'
import { sweepLeases } from '../../src/client/leases/sweep.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { Disk } from './disk.ts'
import type { Figure, Form } from './figure.ts'
import { MUTANTS } from './power-mutants.ts'
import * as scenes from './power-scenes.ts'
import { statesAt } from './power-states.ts'
import { ALL_SECRETS } from './stage.ts'
import { VolatileFiles } from './volatile-files.ts'

const START = Date.UTC(2030, 0, 1)
/** Subsets of what is not durable that are tried at each moment; all of them where there are no more. */
const CHOICES: Readonly<Record<Form, number>> = { short: 4, long: 512 }

type Tally = { count: number; readonly found: string[] }

/** R3. The power goes after each operation; then whatever the disk may hold is swept on the next boot. */
export async function powerLoss(form: Form): Promise<readonly Figure[]> {
  const real: Tally = { count: 0, found: [] }
  await everyScene(scenes.REAL, CHOICES[form], real, () => false)
  const missed: string[] = []
  for (const [name, mutant] of Object.entries(MUTANTS)) {
    const tally: Tally = { count: 0, found: [] }
    await everyScene({ ...scenes.REAL, ...mutant }, CHOICES.short, tally, () => tally.found.length > 0)
    if (tally.found.length === 0) missed.push(`${name}: not noticed in ${tally.count} states`)
  }
  const mutants = Object.keys(MUTANTS).length
  return [
    {
      row: 'R3',
      what: 'power loss: states of the disk after each operation',
      least: form === 'long' ? 10_000 : 3_000,
      ...real,
    },
    { row: 'R3', what: 'seeded mistakes that the states must bring to light', count: mutants, least: 5, found: missed },
  ]
}

async function everyScene(parts: scenes.Parts, choices: number, tally: Tally, isEnough: () => boolean): Promise<void> {
  for (const [originalName, original] of Object.entries(scenes.POWER_ORIGINALS))
    for (const [sceneName, scene] of Object.entries(scenes.POWER_SCENES)) {
      if (isEnough()) return
      await everyMoment(parts, choices, tally, original, scene, `${sceneName}; ${originalName}`)
    }
}

async function everyMoment(
  parts: scenes.Parts,
  choices: number,
  tally: Tally,
  original: scenes.PowerOriginal,
  scene: scenes.PowerScene,
  where: string,
): Promise<void> {
  const clock = new FakeClock(START)
  const fs = new VolatileFiles(await scenes.laid(original, scene, clock), () => clock.now())
  await scene.act(scenes.depsOn(parts.files(fs), clock, parts.engine), clock, parts)
  const wanted = scenes.wantedPaths(original, scene).join('\n')
  for (let moment = 0; moment <= fs.moment; moment++)
    for (const disk of statesAt(fs, moment, choices)) {
      tally.count++
      const found = await afterBoot(disk, wanted)
      const last = fs.log.findLast(({ at }) => at <= moment)?.operation.do
      if (found.length > 0) tally.found.push(`${where}; moment ${moment}, after ${last}: ${found.join('; ')}`)
    }
}

async function afterBoot(state: Disk, wanted: string): Promise<readonly string[]> {
  const clock = new FakeClock(START + 3 * 3_600_000)
  clock.reboot()
  const fs = new VolatileFiles(state, () => clock.now())
  const deps = scenes.depsOn(fs, clock)
  const found: string[] = []
  const left = (): number => deps.store.list().length + deps.store.unreadable().length
  if (left() > 0 && !isDue(fs, scenes.ROOT_DIRECTORY, clock)) found.push('stuck: not due')
  try {
    await sweepLeases(deps)
  } catch (error) {
    found.push(`stuck: ${String(error)}`)
  }
  if (left() > 0) found.push(`stuck: ${deps.store.list()[0]?.lastError ?? 'unreadable'}`)
  const paths = [...fs.disk.paths()]
  for (const [path, { bytes }] of paths)
    if (ALL_SECRETS.some((each) => bytes.includes(each))) found.push(`secret in ${path}`)
  found.push(...paths.flatMap(([path]) => (path.startsWith(scenes.RUNTIME) ? [`left over ${path}`] : [])))
  const users = paths
    .filter(([path]) => path.startsWith('/home'))
    .map(([path, inode]) =>
      inode.kind === 'directory' ? path : `${path} ${inode.bytes.toString('latin1')} ${inode.mode.toString(8)}`,
    )
  if (users.join('\n') !== wanted) found.push(`changed ${JSON.stringify(users)}`)
  return found
}
