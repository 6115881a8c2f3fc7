import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { examine, mend } from '../../../../src/client/doctor/examine.ts'
import { note, ok } from '../../../../src/client/doctor/finding.ts'
import type { Check, Finding } from '../../../../src/client/doctor/types.ts'
import type { Clock } from '../../../../src/platform/clock.ts'

const check = (name: string, look: Check['look']): Check => ({ name, look })
const never = new Promise<never>(() => undefined)
/** Time that never comes, and time that is up at once. */
const endless: Pick<Clock, 'sleep'> = { sleep: () => never }
const over: Pick<Clock, 'sleep'> = { sleep: async () => undefined }

describe('looking', () => {
  test('at everything at once; reports come in the order of the checks', async () => {
    let open: () => void = () => undefined
    const second = new Promise<void>((resolve) => (open = resolve))
    const waits: (readonly string[])[] = []
    const reports = await examine(
      [
        check('a', async () => (await second, [ok('a')])), // needs the other to have begun
        check('b', async () => (open(), [ok('b')])),
      ],
      endless,
      (waiting) => waits.push(waiting),
    )
    expect(reports.map(({ check: name }) => name)).toEqual(['a', 'b'])
    expect(waits).toEqual([['a', 'b'], ['a']])
  })

  test('a check that hangs is a problem of its own, and keeps no other back', async () => {
    const reports = await examine([check('hangs', () => never)], over, () => undefined)
    expect(reports[0]?.findings).toEqual([
      expect.objectContaining({ level: 'problem', says: 'No answer within 4.5 seconds.' }),
    ])
  })

  test('the clock is not left running', async () => {
    let signal: AbortSignal | undefined
    const clock: Pick<Clock, 'sleep'> = { sleep: (_ms, given) => ((signal = given), never) }
    await examine([check('quick', async () => [ok('yes')])], clock, () => undefined)
    expect(signal?.aborted).toBe(true)
  })

  test('a refusal is a problem with its words and code; so is an error of the system; a bug stays a bug', async () => {
    const failing = (error: Error) => {
      const look = async () => {
        throw error
      }
      return examine([check('x', look)], endless, () => undefined)
    }
    expect((await failing(new JitError('CONFIG', 'No.', 'Do.')))[0]?.findings).toEqual([
      { level: 'problem', code: 'CONFIG', says: 'No.', mend: 'Do.' },
    ])
    expect((await failing(Object.assign(new Error('EIO: broken'), { code: 'EIO' })))[0]?.findings).toEqual([
      { level: 'problem', code: 'FILE_UNREADABLE', says: 'EIO: broken.' },
    ])
    await expect(failing(new TypeError('x is undefined'))).rejects.toThrow('x is undefined')
  })
})

describe('mending', () => {
  /** A machine on which one thing is wrong until it is mended. */
  function ailing(fix: (heal: () => void) => Promise<unknown>) {
    let ill = true
    const finding: Finding = {
      level: 'problem',
      code: 'WIPE_FAILED',
      says: 'Ill.',
      fix: () => fix(() => (ill = false)),
    }
    return check('patient', async () => (ill ? [finding] : [ok('Well.')]))
  }
  const treated = async (checks: readonly Check[]) =>
    mend(checks, await examine(checks, endless, () => undefined), endless)

  test('looks again, and says what is well now', async () => {
    const { reports, mended } = await treated([ailing(async (heal) => heal())])
    expect(reports).toEqual([{ check: 'patient', findings: [{ level: 'ok', says: 'Well.' }] }])
    expect(mended).toEqual([{ check: 'patient', says: 'Ill.' }])
  })

  test('what was tried and is as before is not called mended', async () => {
    const { reports, mended } = await treated([ailing(async () => undefined)])
    expect([reports[0]?.findings[0]?.says, mended]).toEqual(['Ill.', []])
  })

  test('says why it could not', async () => {
    const { reports } = await treated([ailing(() => Promise.reject(new JitError('FILE_REFUSED', 'Not mine.', '')))])
    expect(reports[0]?.findings.map(({ says }) => says)).toEqual(['Ill.', 'Not mine.'])
  })

  test('leaves alone what it has no means against', async () => {
    let looks = 0
    const checks = [check('x', async () => (looks++, [note('So it is.', 'jit login')]))]
    expect((await treated(checks)).mended).toEqual([])
    expect(looks).toBe(1)
  })
})
