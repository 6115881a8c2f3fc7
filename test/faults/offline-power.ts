import { outboxIn } from '../../src/client/leases/outbox.ts'
import { endLease } from '../../src/client/leases/wipe.ts'
import { revoke } from '../../src/client/revocation.ts'
import type { FileSystem } from '../../src/platform/files.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { Figure, Form } from './figure.ts'
import { depsOn, laid, POWER_ORIGINALS, POWER_SCENES, ROOT_DIRECTORY } from './power-scenes.ts'
import { statesAt } from './power-states.ts'
import { VolatileFiles } from './volatile-files.ts'

const START = Date.UTC(2030, 0, 1)
const CHOICES: Readonly<Record<Form, number>> = { short: 16, long: 512 }

type Tally = { count: number; readonly found: string[] }
type Variant = { readonly files?: (fs: VolatileFiles) => FileSystem; readonly wipesFirst?: true }

/** Mistakes that would lose the message, to prove that the states show it. */
const MISTAKES: Readonly<Record<string, Variant>> = {
  'no fsync': { files: (fs) => fs.with({ fsync: () => undefined }) },
  'no fsync of directories': {
    files: (fs) => fs.with({ syncDirectory: (path) => path.endsWith('leases') && fs.syncDirectory(path) }),
  },
  'the message after the wipe': { wipesFirst: true },
}

/** R10: the power goes at any moment of an offline `revoke`; a lease that is gone must have left its message behind. */
export async function messageAfterPowerLoss(form: Form): Promise<readonly Figure[]> {
  const real: Tally = { count: 0, found: [] }
  await everyOriginal({}, CHOICES[form], real)
  const missed: string[] = []
  for (const [name, mistake] of Object.entries(MISTAKES)) {
    const tally: Tally = { count: 0, found: [] }
    await everyOriginal(mistake, CHOICES.short, tally)
    if (tally.found.length === 0) missed.push(`${name}: not noticed in ${tally.count} states`)
  }
  const mistakes = Object.keys(MISTAKES).length
  return [
    { row: 'R10', what: 'power loss during it: the lease is left, or the message', least: 200, ...real },
    {
      row: 'R10',
      what: 'seeded mistakes that these states must bring to light',
      count: mistakes,
      least: mistakes,
      found: missed,
    },
  ]
}

async function everyOriginal(variant: Variant, choices: number, tally: Tally): Promise<void> {
  for (const [name, original] of Object.entries(POWER_ORIGINALS)) {
    const scene = POWER_SCENES['wipe']
    if (scene === undefined) throw new RangeError('There is no scene wipe.')
    const clock = new FakeClock(START)
    const fs = new VolatileFiles(await laid(original, scene, clock), () => clock.now())
    await revokeOn(fs, clock, variant)
    for (let moment = 0; moment <= fs.moment; moment++)
      for (const disk of statesAt(fs, moment, choices)) {
        tally.count++
        const after = new VolatileFiles(disk, () => clock.now())
        const { store } = depsOn(after, clock)
        const left = store.list().length + store.unreadable().length
        // a receipt says what became of the credentials, not that the grant was revoked
        const messages = outboxIn(after, ROOT_DIRECTORY)
          .list()
          .filter(({ kind }) => kind === 'end').length
        if (left + messages === 0) tally.found.push(`${name}; moment ${moment}: neither lease nor message`)
      }
  }
}

async function revokeOn(volatile: VolatileFiles, clock: FakeClock, { files, wipesFirst }: Variant): Promise<void> {
  const fs = files?.(volatile) ?? volatile
  const deps = depsOn(fs, clock)
  const { store } = deps
  const wipe = () => Promise.all(store.list().map((lease) => endLease(deps, lease, 'revoked')))
  const [lease] = store.list()
  if (wipesFirst === true) await wipe()
  const leasing = {
    list: () => (wipesFirst === true && lease !== undefined ? [lease] : store.list()),
    unreadable: () => store.unreadable(),
    wipe,
    outbox: outboxIn(fs, ROOT_DIRECTORY),
  }
  const connect = () => Promise.reject(new Error('offline'))
  const [ended] = await revoke({ leasing, connect, clock }, () => true, new AbortController().signal)
  if (ended?.queued !== true) throw new Error('Nothing was queued, so nothing would be proved.')
}
