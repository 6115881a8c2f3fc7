import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Figure, Form } from './figure.ts'
import { ORIGINALS, type Original } from './originals.ts'
import { UNCHANGING } from './unchanging.ts'
import { SCENES, type Scene } from './scenes.ts'
import { PreparedStage } from './stage.ts'
import type { VictimJob } from './victim.ts'

type Tally = { count: number; readonly found: string[] }
type Death = Pick<VictimJob, 'at' | 'how'>

const SCENES_OF_PROCESSES = Object.keys(SCENES).filter((name) => SCENES[name]?.renews !== true)

/** R2. A process of its own, with the real clock and the real lock, is killed by the kernel at one call. */
export async function kills(form: Form): Promise<readonly Figure[]> {
  const tally: Tally = { count: 0, found: [] }
  const pairs = Object.entries(ORIGINALS).flatMap(([originalName, original]) =>
    SCENES_OF_PROCESSES.map((scene) => ({ where: `${scene}; ${originalName}`, original, scene })),
  )
  for (const { where, original, scene } of form === 'long' ? pairs : pairs.filter((_pair, index) => index % 11 === 5))
    await killEverywhere(tally, where, original, scene, form === 'long' ? 2 : 5)
  return [
    { row: 'R2', what: 'SIGKILL of a process at its file-system calls', least: form === 'long' ? 1000 : 24, ...tally },
  ]
}

async function killEverywhere(tally: Tally, where: string, original: Original, scene: string, stride: number) {
  const calls = await callsOf(original, scene)
  const changing = calls.flatMap((call, index) => (UNCHANGING.includes(call) ? [] : [{ call, at: index + 1 }]))
  const deaths = changing.flatMap(({ call, at }): readonly Death[] => [
    { at, how: 'before' },
    ...(call === 'write' ? [{ at, how: 'torn' } as const] : []),
  ])
  for (const death of deaths.filter((_death, index) => index % stride === stride >> 1)) {
    using stage = new PreparedStage(original)
    await prepare(stage, scene)
    const { signal, status } = run(stage, scene, death)
    const at = `${where}; ${death.how} call ${death.at}, ${calls[death.at - 1]}`
    // How often the real clock lets it look at the file varies, so a run may end before its last calls.
    if (signal === 'SIGKILL') tally.count++
    else if (status !== 0) tally.found.push(`${at}: neither killed nor healthy`)
    const found = await stage.afterSweep(sceneOf(scene).hasBehind === true)
    if (found.length > 0) tally.found.push(`${at}: ${found.join('; ')}`)
  }
}

async function callsOf(original: Original, scene: string): Promise<readonly string[]> {
  using stage = new PreparedStage(original)
  await prepare(stage, scene)
  const { stdout, stderr } = run(stage, scene, { at: 0, how: 'before' })
  const calls: unknown = JSON.parse(stdout === '' ? 'null' : stdout)
  if (!Array.isArray(calls) || calls.length < 20) throw new Error(`${scene} did not run: ${stderr}`)
  return calls.map(String)
}

/** The leases are prepared by the true time of day, for the victim has no other. */
async function prepare(stage: PreparedStage, scene: string): Promise<void> {
  await sceneOf(scene).prepare(stage)
}

function sceneOf(name: string): Scene {
  const scene = SCENES[name]
  if (scene === undefined) throw new RangeError(`There is no scene ${name}.`)
  return scene
}

function run({ home }: PreparedStage, scene: string, death: Death) {
  const job: VictimJob = { home: home.home, stateDir: home.stateDir, scene, ...death }
  return spawnSync(process.execPath, [join(import.meta.dirname, 'victim.ts'), JSON.stringify(job)], {
    encoding: 'utf8',
  })
}
