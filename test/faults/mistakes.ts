import type { Fault } from '../support/faulty-files.ts'
import { unnamedSecrets } from './errors.ts'
import type { Figure } from './figure.ts'
import type { Original } from './originals.ts'
import { SCENES } from './scenes.ts'
import { type Mistake, PreparedStage } from './stage.ts'

const ORIGINAL: Original = { bytes: '[default]\nregion = a', mode: 0o644 }
const LAST_CALL = 400

/** Each would be found by R1 or R4 in the scene named. */
const MISTAKES: Readonly<Record<string, { readonly scene: string; readonly mistake: Mistake }>> = {
  'no journal': {
    scene: 'write',
    mistake: (fs) => ({
      ...fs,
      rename: (from, to) => (to.endsWith('.lease') ? fs.unlink(from) : fs.rename(from, to)),
    }),
  },
  'a mode that is never given back': {
    scene: 'wipe',
    mistake: (fs) => ({ ...fs, fchmod: () => undefined }),
  },
  'a second name that is never removed': {
    scene: 'write beside another lease',
    mistake: (fs) => ({
      ...fs,
      link: (existing, name) => fs.link(existing, name.replace(/jit-g\d.*/, 'lost')),
    }),
  },
}

/** The same points as R1 and R4, with a mistake in jit: what does not make them fail would make them worthless. */
export async function mistakes(): Promise<readonly Figure[]> {
  const found: string[] = []
  for (const [name, { scene, mistake }] of Object.entries(MISTAKES))
    for (const kind of ['crash', 'error'] as const)
      if (!(await isNoticed(scene, mistake, kind))) found.push(`${name}: no ${kind} brought it to light`)
  const count = 2 * Object.keys(MISTAKES).length
  return [{ row: 'R4', what: 'seeded mistakes that R1 and R4 must bring to light', count, least: count, found }]
}

async function isNoticed(name: string, mistake: Mistake, kind: 'crash' | 'error'): Promise<boolean> {
  const scene = SCENES[name]
  if (scene === undefined) throw new RangeError(`There is no scene ${name}.`)
  for (let at = 1; at < LAST_CALL; at++) {
    using stage = new PreparedStage(ORIGINAL)
    await scene.prepare(stage)
    const fault: Fault = kind === 'crash' ? { kind: 'before', at } : { kind: 'error', at, code: 'EIO', forGood: true }
    const { met } = await stage.suffer(scene.act, fault, mistake)
    if (unnamedSecrets(stage.home, stage.leasing).length > 0) return true
    if ((await stage.afterSweep(false)).length > 0) return true
    if (!met) return false
  }
  return false
}
