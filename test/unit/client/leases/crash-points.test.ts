import { linkSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Leasing } from '../../../../src/client/leasing.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { type Fault, faultyFiles } from '../../../support/faulty-files.ts'
import { TempHome } from '../../../support/temp-home.ts'

type Original = { readonly bytes: string | undefined; readonly mode: number; readonly hardLink?: boolean }
const ORIGINALS: Readonly<Record<string, Original>> = {
  'no file, no directory': { bytes: undefined, mode: 0 },
  'an empty file': { bytes: '', mode: 0o600 },
  'no final newline, 0644': { bytes: '[default]\naws_access_key_id = A', mode: 0o644 },
  'CRLF, read-only': { bytes: '[default]\r\naws_access_key_id = A\r\n', mode: 0o400 },
  'a hard link elsewhere': { bytes: '[default]\nregion = a\n; end\n', mode: 0o640, hardLink: true },
}
type Step = 'write' | 'write beside another' | 'wipe' | 'wipe the first of two' | 'recover'
const STEPS: readonly Step[] = ['write', 'write beside another', 'wipe', 'wipe the first of two', 'recover']

/** Brings the home to where the step starts, runs it with one fault, and returns the calls it made. */
async function run(home: TempHome, clock: FakeClock, original: Original, step: Step, fault?: Fault) {
  if (original.bytes !== undefined) home.put(original.bytes, original.mode)
  if (original.hardLink === true) linkSync(home.credentials, join(home.root, 'twin'))
  clock.advance(60_000)
  const files = faultyFiles(nodeFileSystem, fault)
  const faulty = leasingIn(home, clock, files.fs)
  const whole = leasingIn(home, clock)
  const one = (leasing: Leasing) => leasing.write(newLease(clock, 'g_1', 'one'), awsDelivery('jit-one'))
  const two = (leasing: Leasing) => leasing.write(newLease(clock, 'g_2', 'two'), awsDelivery('jit-two', 'X'))
  const steps: Record<Step, () => Promise<unknown>> = {
    write: () => one(faulty),
    'write beside another': async () => [await one(whole), await dies(two(faulty))],
    wipe: async () => [await one(whole), await dies(faulty.wipe(['g_1'], 'revoked'))],
    'wipe the first of two': async () => [
      await one(whole),
      await two(whole),
      await dies(faulty.wipe(['g_1'], 'revoked')),
    ],
    recover: async () => {
      const cut: Fault = { kind: 'before', at: await secretIsOut(original) }
      await dies(one(leasingIn(home, clock, faultyFiles(nodeFileSystem, cut).fs)))
      await faulty.sweep()
    },
  }
  await dies(steps[step]())
  return files.calls
}

const dies = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined)

/** The call of `write` after which the secret is in the user's file and the journal does not say so yet. */
async function secretIsOut(original: Original): Promise<number> {
  using home = new TempHome('memory')
  const calls = await run(home, new FakeClock(), original, 'write')
  return Math.floor(calls.length * 0.6)
}

/** What a later, healthy sweep leaves behind. */
async function afterSweep(home: TempHome, clock: FakeClock, original: Original): Promise<readonly string[]> {
  const found: string[] = []
  clock.advance(7_200_000)
  const leasing = leasingIn(home, clock)
  if (leasing.list().length + leasing.unreadable().length > 0 && !leasing.due()) found.push('not due')
  await leasing.sweep()
  if (leasing.list().length > 0) found.push(`stuck: ${leasing.list()[0]?.lastError}`)
  found.push(...home.filesHolding(...SECRETS).map((file) => `secret in ${file}`))
  if (home.text() !== original.bytes) found.push(`bytes: ${JSON.stringify(home.text())}`)
  if (original.bytes !== undefined && home.mode() !== original.mode) found.push(`mode ${home.mode()?.toString(8)}`)
  const expected = original.bytes === undefined ? [] : ['.aws', '.aws/credentials']
  if (home.names().join() !== expected.join()) found.push(`left over: ${home.names().join()}`)
  if (original.hardLink === true && readFileSync(join(home.root, 'twin'), 'latin1') !== original.bytes)
    found.push('twin')
  return found
}

describe.each(Object.entries(ORIGINALS))('a process that dies: %s', (_name, original) => {
  test.each(STEPS)(
    'at any call of %s leaves nothing for the next sweep to miss',
    { timeout: 120_000 },
    async (step) => {
      const failures: string[] = []
      const attempt = async (fault?: Fault): Promise<readonly string[]> => {
        using home = new TempHome('memory')
        const clock = new FakeClock()
        const calls = await run(home, clock, original, step, fault)
        const found = await afterSweep(home, clock, original)
        failures.push(...found.map((each) => `${fault?.kind} ${calls.at(-1)}, call ${fault?.at}: ${each}`))
        return calls
      }
      const calls = await attempt()
      for (const [index, name] of calls.entries()) {
        await attempt({ kind: 'before', at: index + 1 })
        if (name === 'write') await attempt({ kind: 'torn', at: index + 1 })
      }
      expect(failures).toEqual([])
      expect(calls.length).toBeGreaterThan(20)
    },
  )
})
