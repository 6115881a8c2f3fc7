import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { launchdPlist } from '../../../../src/client/wake/launchd-plist.ts'
import { serviceUnit, timerUnit } from '../../../../src/client/wake/systemd-units.ts'
import { quoted, taskXml } from '../../../../src/client/wake/task-xml.ts'
import { tempDirectory } from '../../../support/temp-directory.ts'

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
const hasPython = spawnSync('python3', ['--version']).status === 0

/** Names that mean something to a unit file, a shell or XML. */
const STRANGE = `a b%n$HOME"q'\\t;&<é>[x]*#`

describe.skipIf(!hasSystemd)('systemd reads', () => {
  test('units without a complaint, also where every path is full of marks', () => {
    const made = tempDirectory()
    const { path } = made
    const strange = join(path, STRANGE)
    const bin = join(path, STRANGE.replaceAll(/["'\\]/g, ''))
    mkdirSync(bin)
    const file = join(bin, 'node')
    writeFileSync(file, '')
    chmodSync(file, 0o755)
    const program = { file, args: [join(strange, 'jit.js'), 'sweep'], env: { JIT_STATE_DIR: strange } }
    const [service, timer] = [join(path, 'jit-sweep-0.service'), join(path, 'jit-sweep-0.timer')]
    writeFileSync(service, serviceUnit(program, strange))
    writeFileSync(timer, timerUnit())
    const said = spawnSync('systemd-analyze', ['verify', '--user', service, timer], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: path },
    })
    made.remove()
    const ours = said.stderr.split('\n').filter((line) => line.includes('jit-sweep'))
    expect([ours, said.status]).toEqual([[], 0])
  })

  test('and would find the lines wrong that are wrong', () => {
    const made = tempDirectory()
    const { path } = made
    const service = join(path, 'jit-sweep-0.service')
    writeFileSync(service, serviceUnit({ file: join(path, 'no such node'), args: [], env: {} }, path))
    const said = spawnSync('systemd-analyze', ['verify', '--user', service], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: path },
    })
    made.remove()
    expect(said.stderr).toMatch(/no such node is not executable/)
  })

  test('the conditions: a lease is there, or nothing is started', () => {
    const made = tempDirectory()
    const { path } = made
    const root = join(path, STRANGE)
    mkdirSync(join(root, 'leases'), { recursive: true })
    const lines = serviceUnit({ file: '/bin/sh', args: [], env: {} }, root).match(/^Condition.*$/gm) ?? []
    const holds = (): boolean => spawnSync('systemd-analyze', ['condition', ...lines]).status === 0
    const idle = holds()
    writeFileSync(join(root, 'leases', 'grant_1.lease'), '')
    const busy = holds()
    made.remove()
    expect([lines.length, idle, busy]).toEqual([3, false, true])
  })

  test.each(['"', "'", '\\', '\n'])('a program that systemd would not start is refused: %j', (mark) => {
    expect(() => serviceUnit({ file: `/opt/${mark}/node`, args: [], env: {} }, '/state')).toThrow(
      /systemd starts no program/,
    )
  })

  test('the calendar: every minute', () => {
    const [, calendar = ''] = /^OnCalendar=(.*)$/m.exec(timerUnit()) ?? []
    const text = execFileSync('systemd-analyze', ['calendar', '--iterations=3', calendar], { encoding: 'utf8' })
    const times = [...text.matchAll(/(?:Next elapse|Iter. #\d|Iteration #\d): (.*)/g)].map(([, at = '']) =>
      Date.parse(at.replace(/^\w+ /, '').replace(' UTC', 'Z').replace(' ', 'T')),
    )
    expect(times.length).toBe(3)
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBe(120_000)
  })
})

describe('the timer', () => {
  test('goes by the calendar, which runs on in suspend, and makes up for what was missed', () => {
    expect(timerUnit()).toMatch(/^Persistent=true$/m)
    expect(timerUnit()).toMatch(/^AccuracySec=1s$/m)
    expect(timerUnit()).not.toMatch(/OnUnitActiveSec|OnActiveSec|WakeSystem/)
  })
})

const PLIST = `
import plistlib, sys, json
json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)
`
const TASK = `
import sys, json
import xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
json.dump([[each.tag.split('}')[1], each.text] for each in root.iter()], sys.stdout)
`
const python = (code: string, input: Buffer | string): unknown =>
  JSON.parse(execFileSync('python3', ['-c', code], { input, encoding: 'utf8' }))

test.each(['\0', '\u001b', '\ud800'])('XML cannot say every path; then it is refused: %j', (mark) => {
  expect(() => launchdPlist('jit.sweep.0', { file: `/opt/${mark}/node`, args: [], env: {} })).toThrow(
    /control character/,
  )
})

describe.skipIf(!hasPython)('launchd reads', () => {
  test('what was meant, whatever the paths hold', () => {
    const program = {
      file: `/opt/${STRANGE}/node`,
      args: [`/${STRANGE}]]>--`, 'sweep'],
      env: { JIT_STATE_DIR: STRANGE },
    }
    expect(python(PLIST, launchdPlist('jit.sweep.0', program))).toMatchObject({
      Label: 'jit.sweep.0',
      ProgramArguments: [program.file, ...program.args],
      EnvironmentVariables: program.env,
      RunAtLoad: true,
      StartInterval: 60,
      StartCalendarInterval: expect.arrayContaining([{ Minute: 0 }, { Minute: 50 }]),
      ProcessType: 'Background',
      Umask: 0o077,
    })
  })
})

describe.skipIf(!hasPython)('Task Scheduler reads', () => {
  test('every minute, on battery, without a password, hidden, and what was missed', () => {
    const program = { file: `C:\\Program Files\\node\\node.exe`, args: [`C:\\Users\\${STRANGE}\\jit.js`, 'sweep'] }
    const text = taskXml('S-1-5-21-1-2-3-4', program)
    const values = new Map(python(TASK, Buffer.from(`\ufeff${text}`, 'utf16le')) as [string, string][])
    expect(Object.fromEntries(values)).toMatchObject({
      Interval: 'PT1M',
      UserId: 'S-1-5-21-1-2-3-4',
      LogonType: 'InteractiveToken',
      RunLevel: 'LeastPrivilege',
      DisallowStartIfOnBatteries: 'false',
      StopIfGoingOnBatteries: 'false',
      StartWhenAvailable: 'true',
      Hidden: 'true',
      MultipleInstancesPolicy: 'IgnoreNew',
      Command: '%SystemRoot%\\System32\\conhost.exe',
    })
    expect(values.has('Duration')).toBe(false) // without one it is repeated without end
    expect(values.get('Arguments')).toBe(`--headless "${program.file}" ${quoted(program.args[0] ?? '')} "sweep"`)
  })

  test('arguments come apart as they went in (CommandLineToArgvW)', () => {
    assert(
      property(string({ unit: constantFrom('a', ' ', '\\', '"', '%') }), (argument) => {
        expect(apart(quoted(argument))).toBe(argument)
      }),
    )
  })
})

/** One quoted argument by the rules of `CommandLineToArgvW` (learn.microsoft.com): 2n backslashes and a mark, 2n+1 and a mark. */
function apart(line: string): string {
  let text = ''
  let open = false
  for (let at = 0; at < line.length; ) {
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0
    const next = line[at + slashes]
    if (next === '"') {
      text += '\\'.repeat(Math.floor(slashes / 2))
      if (slashes % 2 === 1) text += '"'
      else open = !open
      at += slashes + 1
    } else {
      text += '\\'.repeat(slashes) + (next ?? '')
      at += slashes + 1
    }
  }
  if (open) throw new Error('not closed')
  return text
}
