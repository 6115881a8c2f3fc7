import { inspect } from 'node:util'
import { JitError } from '../../src/base/errors.ts'
import type { Leasing } from '../../src/client/leasing.ts'
import type { Fault } from '../support/faulty-files.ts'
import type { TempHome } from '../support/temp-home.ts'
import type { Figure, Form } from './figure.ts'
import { ORIGINALS, type Original, secondName } from './originals.ts'
import { SCENES, type Scene } from './scenes.ts'
import { ALL_SECRETS, PreparedStage, type Suffered } from './stage.ts'

const CODES = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE'] as const
const STRIDE: Readonly<Record<Form, number>> = { short: 67, long: 5 }

type Tally = { count: number; readonly found: string[] }

/** R4, from inside. The N-th call fails with an error of the system, that one or all from there on. */
export async function errors(form: Form): Promise<readonly Figure[]> {
  const tally: Tally = { count: 0, found: [] }
  let shift = 0
  for (const [originalName, original] of Object.entries(ORIGINALS))
    for (const [sceneName, scene] of Object.entries(SCENES))
      for (const code of CODES)
        for (const forGood of [false, true]) {
          shift++
          for (let at = 1 + (shift % STRIDE[form]); ; at += STRIDE[form])
            if (
              !(await fail(tally, `${sceneName}; ${originalName}`, original, scene, {
                kind: 'error',
                at,
                code,
                forGood,
              }))
            )
              break
        }
  return [
    {
      row: 'R4',
      what: 'EIO, ENOSPC, EACCES, EROFS, EMFILE at the N-th call',
      least: form === 'long' ? 10_000 : 1_000,
      ...tally,
    },
  ]
}

async function fail(
  tally: Tally,
  where: string,
  original: Original,
  scene: Scene,
  fault: Extract<Fault, { kind: 'error' }>,
): Promise<boolean> {
  using stage = new PreparedStage(original)
  await scene.prepare(stage)
  const suffered = await stage.suffer(scene.act, fault)
  if (!suffered.met) return false
  tally.count++
  const found = [
    ...unnamedSecrets(stage.home, stage.leasing),
    ...wrongAnswer(suffered, stage),
    ...(await stage.afterSweep(scene.hasBehind === true)),
  ]
  const what = `${fault.code} at call ${fault.at}${fault.forGood ? ' and ever after' : ''}, ${suffered.call}`
  if (found.length > 0) tally.found.push(`${where}; ${what}: ${found.join('; ')}`)
  return true
}

/** Secrets at places that no lease names. */
export function unnamedSecrets(home: TempHome, leasing: Leasing): readonly string[] {
  const named = new Set(
    leasing
      .list()
      .flatMap(({ places }) => places.flatMap(({ path, temp, redo, backup }) => [path, temp, redo, backup])),
  )
  const twin = named.has(home.credentials) ? [secondName(home)] : []
  return home
    .filesHolding(...ALL_SECRETS)
    .filter((file) => !named.has(file) && !twin.includes(file))
    .map((file) => `a secret without a lease in ${file}`)
}

/** Failures are `JitError`, and whoever hears "wiped" may rely on it. */
function wrongAnswer({ error, outcome }: Suffered, { leasing }: PreparedStage): readonly string[] {
  if (error !== undefined) return error instanceof JitError ? [] : [`not a JitError: ${inspect(error)}`]
  const outcomes: readonly unknown[] = Array.isArray(outcome) ? outcome : []
  const left = new Set(leasing.list().map(({ id }) => id))
  return outcomes.flatMap((each) => {
    if (typeof each !== 'object' || each === null || !('lease' in each) || !('wiped' in each)) return []
    return each.wiped === true && typeof each.lease === 'string' && left.has(each.lease)
      ? [`${inspect(each.lease)} is called wiped and is not`]
      : []
  })
}
