import type { Fault } from '../support/faulty-files.ts'
import type { Figure, Form } from './figure.ts'
import { ORIGINALS, type Original } from './originals.ts'
import { UNCHANGING } from './unchanging.ts'
import { SCENES, type Scene } from './scenes.ts'
import { PreparedStage } from './stage.ts'

/** Every how many calls the sweep that follows a crash is itself cut off, and after every how many crashes there is one. */
const STRIDE: Readonly<Record<Form, number>> = { short: 97, long: 29 }
const EVERY: Readonly<Record<Form, number>> = { short: 8, long: 1 }

type Tally = { count: number; readonly found: string[] }

/**
 * R1. After call n nothing reaches the disk any more, which is what a crash before call n + 1 looks like; `torn` lets half of
 * a write arrive. A loop ends only with a run that its fault did not meet.
 */
export async function crashPoints(form: Form): Promise<readonly Figure[]> {
  const single: Tally = { count: 0, found: [] }
  const double: Tally = { count: 0, found: [] }
  for (const [originalName, original] of Object.entries(ORIGINALS))
    for (const [sceneName, scene] of Object.entries(SCENES)) {
      const where = `${sceneName}; ${originalName}`
      const calls = await callsOf(original, scene)
      await eachCall(form, calls, 1, (fault) => crash(single, where, original, scene, fault))
      await eachCall(form, calls, EVERY[form], (fault) =>
        crashTwice(double, where, original, scene, fault, STRIDE[form]),
      )
    }
  return [
    {
      row: 'R1',
      what: 'crash at every file-system call, whole and torn',
      least: form === 'long' ? 10_000 : 1_500,
      ...single,
    },
    { row: 'R1', what: 'crash, and crash again during recovery', least: form === 'long' ? 10_000 : 100, ...double },
  ]
}

type Point = { readonly met: boolean; readonly call: string | undefined }

/** Faults at call 1, 2, 3 … until one is not met any more; that run is healthy from end to end. */
async function eachCall(
  form: Form,
  calls: readonly string[],
  every: number,
  point: (fault: Fault) => Promise<Point>,
): Promise<void> {
  for (let at = 1; ; at++) {
    const call = calls[at - 1]
    const repeats = form === 'short' && call !== undefined && UNCHANGING.includes(call)
    if (call !== undefined && (repeats || at % every !== 0)) continue
    const { met } = await point({ kind: 'before', at })
    if (!met) return
    if (call === 'write') await point({ kind: 'torn', at })
  }
}

/** The calls of a run without a fault, to know them before they come. */
async function callsOf(original: Original, scene: Scene): Promise<readonly string[]> {
  using stage = new PreparedStage(original)
  await scene.prepare(stage)
  return (await stage.suffer(scene.act)).calls
}

async function crash(tally: Tally, where: string, original: Original, scene: Scene, fault: Fault): Promise<Point> {
  using stage = new PreparedStage(original)
  await scene.prepare(stage)
  const result = await stage.suffer(scene.act, fault)
  await verify(tally, stage, scene, `${where}; ${fault.kind} call ${fault.at}, ${result.call}`)
  return result
}

async function crashTwice(
  tally: Tally,
  where: string,
  original: Original,
  scene: Scene,
  first: Fault,
  stride: number,
): Promise<Point> {
  for (let at = 1 + (first.at % stride); ; at += stride) {
    using stage = new PreparedStage(original)
    await scene.prepare(stage)
    const result = await stage.suffer(scene.act, first)
    const second = await stage.suffer((leasing) => leasing.sweep(), { kind: at % 2 === 0 ? 'torn' : 'before', at })
    if (second.met)
      await verify(
        tally,
        stage,
        scene,
        `${where}; ${first.kind} call ${first.at}, ${result.call}; then call ${at} of the sweep, ${second.call}`,
      )
    if (!second.met) return result
  }
}

async function verify(tally: Tally, stage: PreparedStage, scene: Scene, where: string): Promise<void> {
  tally.count++
  const found = await stage.afterSweep(scene.hasBehind === true)
  if (found.length > 0) tally.found.push(`${where}: ${found.join('; ')}`)
}
