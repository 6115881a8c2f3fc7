import { describe, expect, test } from 'vitest'
import { doctorCommand, type DoctorOptions, runDoctor } from '../../../src/cli/commands/doctor.ts'
import type { Check, Finding } from '../../../src/client/doctor/types.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { type Fake, fakeContext } from '../../support/fake-context.ts'

const plain = { json: false, fix: false, removeLayers: false }
const check = (name: string, ...findings: readonly Finding[]): Check => ({ name, look: async () => findings })

async function parse(...argv: string[]): Promise<DoctorOptions | undefined> {
  let got: DoctorOptions | undefined
  await doctorCommand(fakeContext().ctx, async (_ctx, options) => void (got = options)).parseAsync(argv, {
    from: 'user',
  })
  return got
}

test.each<[string[], DoctorOptions]>([
  [[], plain],
  [['--json', '--fix'], { json: true, fix: true, removeLayers: false }],
  [['--remove-layers'], { ...plain, removeLayers: true }],
])('%j', async (argv, wanted) => {
  expect(await parse(...argv)).toEqual(wanted)
})

/** With a clock that does not run ahead: time limits are real. */
function doctorContext(given: Fake = {}) {
  const fake = fakeContext(given)
  return { ...fake, ctx: { ...fake.ctx, clock: systemClock } }
}

describe('jit doctor', () => {
  const denied: Finding = { level: 'problem', code: 'ENDPOINT_UNREACHABLE', says: 'Down.\u001b[2J', mend: 'Wait.' }
  const torn: Finding = { level: 'problem', code: 'STATE_CORRUPT', says: 'Torn.', fix: async () => undefined }

  test('a line for each finding and what to type below it, safe to print', async () => {
    const { ctx, out } = doctorContext({
      checks: [check('clock', { level: 'ok', says: 'Right.' }), check('endpoint', denied)],
    })
    await expect(runDoctor(ctx, plain)).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      message: 'One problem found: endpoint.',
      hint: 'What mends each stands beside it.',
    })
    expect(out).toEqual(['ok       clock: Right.', 'problem  endpoint: Down.[2J', '         → Wait.'])
  })

  test('the exit code is that of the first problem; the hint names --fix where that helps', async () => {
    const { ctx } = doctorContext({ checks: [check('leases', torn), check('endpoint', denied)] })
    await expect(runDoctor(ctx, plain)).rejects.toMatchObject({
      code: 'STATE_CORRUPT',
      message: '2 problems found: leases, endpoint.',
      hint: 'To mend what can be mended from here: jit doctor --fix',
    })
  })

  test('notes are no failure', async () => {
    const { ctx, out } = doctorContext({
      checks: [check('login', { level: 'note', says: 'Nobody.', mend: 'jit login' })],
    })
    await runDoctor(ctx, { ...plain, json: true })
    expect(JSON.parse(out.join(''))).toEqual({
      version: '1.2.3',
      platform: 'linux',
      findings: [{ check: 'login', level: 'note', says: 'Nobody.', mend: 'jit login' }],
      mended: [],
    })
  })

  test('a spinner says what is waited for, on a terminal only', async () => {
    const checks = [check('clock', { level: 'ok', says: 'Right.' })]
    const at = doctorContext({ checks, interactive: true })
    await runDoctor(at.ctx, plain)
    expect(at.note).toEqual(['(Checking: clock)'])
    const piped = doctorContext({ checks })
    await runDoctor(piped.ctx, plain)
    expect(piped.note).toEqual([])
  })

  test('--remove-layers says what was there; with --fix it means nothing', async () => {
    for (const layer of [true, false]) {
      const { ctx, out, note } = doctorContext({ layer })
      await runDoctor(ctx, { ...plain, removeLayers: true, json: true })
      expect(JSON.parse(out.join(''))).toEqual({ layer: 'systemd user timer', removed: layer })
      expect(note.join('')).toContain(layer ? 'is gone' : 'There was no')
    }
    await expect(runDoctor(doctorContext().ctx, { json: false, fix: true, removeLayers: true })).rejects.toMatchObject({
      code: 'USAGE',
    })
  })
})
