import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { type JitCommand, twinOf } from '../../../src/cli/command.ts'
import { approveCommand } from '../../../src/cli/commands/approve.ts'
import { cancelCommand } from '../../../src/cli/commands/cancel.ts'
import { consoleCommand } from '../../../src/cli/commands/console.ts'
import { credentialProcessCommand } from '../../../src/cli/commands/credential-process.ts'
import { denyCommand } from '../../../src/cli/commands/deny.ts'
import { envCommand } from '../../../src/cli/commands/env.ts'
import { execCommand } from '../../../src/cli/commands/exec.ts'
import { extendCommand } from '../../../src/cli/commands/extend.ts'
import { loginCommand } from '../../../src/cli/commands/login.ts'
import { logoutCommand } from '../../../src/cli/commands/logout.ts'
import { requestsCommand } from '../../../src/cli/commands/requests.ts'
import { shellInitCommand } from '../../../src/cli/commands/shell-init.ts'
import { statusCommand } from '../../../src/cli/commands/status.ts'
import { sweepCommand } from '../../../src/cli/commands/sweep.ts'
import { targetsCommand } from '../../../src/cli/commands/targets.ts'
import { whoamiCommand } from '../../../src/cli/commands/whoami.ts'
import type { CliContext } from '../../../src/cli/context.ts'
import { buildProgram, runProgram } from '../../../src/cli/program.ts'
import { readSwitches } from '../../../src/cli/switches.ts'
import { fakeContext } from '../../support/fake-context.ts'

type Make<T> = (ctx: CliContext, run: (ctx: CliContext, options: T) => Promise<void>) => JitCommand

async function parse<T>(make: Make<T>, argv: readonly string[]): Promise<T | undefined> {
  let got: T | undefined
  await make(fakeContext().ctx, async (_ctx, options) => void (got = options)).parseAsync(argv, { from: 'user' })
  return got
}

describe('argv becomes options, whole', () => {
  test.each<[string, () => Promise<unknown>, unknown]>([
    ['login', () => parse(loginCommand, []), { json: false }],
    [
      'login URL --device --key-store memory --json',
      () => parse(loginCommand, ['https://jit.example', '--device', '--key-store', 'memory', '--json']),
      { endpoint: 'https://jit.example', flow: 'device', keyStore: 'memory', json: true },
    ],
    ['login --browser', () => parse(loginCommand, ['--browser']), { flow: 'browser', json: false }],
    ['logout --json', () => parse(logoutCommand, ['--json']), { json: true }],
    ['whoami --json', () => parse(whoamiCommand, ['--json']), { json: true }],
    ['targets', () => parse(targetsCommand, []), { json: false }],
    ['status --json', () => parse(statusCommand, ['--json']), { json: true }],
    ['sweep --json', () => parse(sweepCommand, ['--json']), { json: true }],
    ['requests', () => parse(requestsCommand, []), { which: 'mine', json: false }],
    ['requests --to-review', () => parse(requestsCommand, ['--to-review']), { which: 'to-review', json: false }],
    ['approve ID --json', () => parse(approveCommand, ['req_1', '--json']), { id: 'req_1', json: true }],
    ['deny ID', () => parse(denyCommand, ['req_1']), { id: 'req_1', json: false }],
    [
      'deny ID --reason no',
      () => parse(denyCommand, ['req_1', '--reason', 'no']),
      { id: 'req_1', reason: 'no', json: false },
    ],
    ['cancel ID', () => parse(cancelCommand, ['req_1']), { id: 'req_1', json: false }],
    ['env TARGET', () => parse(envCommand, ['prod-db']), { target: 'prod-db', values: false }],
    [
      'env TARGET --shell fish --values',
      () => parse(envCommand, ['prod-db', '--shell', 'fish', '--values']),
      { target: 'prod-db', shell: 'fish', values: true },
    ],
    [
      'env TARGET --json',
      () => parse(envCommand, ['prod-db', '--json']),
      { target: 'prod-db', shell: 'json', values: false },
    ],
    ['env', () => parse(envCommand, []), { values: false }],
    ['extend', () => parse(extendCommand, []), { waitMs: Infinity, json: false }],
    [
      'extend TARGET with all of its flags',
      () =>
        parse(extendCommand, [
          'prod-db',
          '--for',
          '30m',
          '--justification',
          ' y ',
          '--ticket',
          'T-1',
          '--wait-timeout',
          '10s',
          '--json',
        ]),
      { target: 'prod-db', bySeconds: 1800, reason: 'y', ticket: 'T-1', waitMs: 10_000, json: true },
    ],
    [
      'extend TARGET --no-wait',
      () => parse(extendCommand, ['prod-db', '--no-wait']),
      { target: 'prod-db', waitMs: 0, json: false },
    ],
    ['console', () => parse(consoleCommand, []), { print: false, json: false }],
    ['console TARGET', () => parse(consoleCommand, ['prod-db']), { target: 'prod-db', print: false, json: false }],
    [
      'console TARGET --print --json',
      () => parse(consoleCommand, ['prod-db', '--print', '--json']),
      { target: 'prod-db', print: true, json: true },
    ],
    [
      'exec TARGET -- CMD',
      () => parse(execCommand, ['prod-db', '--', 'aws', 's3', '--reason', 'x']),
      { target: 'prod-db', command: ['aws', 's3', '--reason', 'x'], wish: {}, waitMs: Infinity },
    ],
    [
      'exec TARGET with all of its flags',
      () =>
        parse(execCommand, [
          'prod-db',
          '--for',
          '15m',
          '--reason',
          ' y ',
          '--ticket',
          'T-1',
          '--wait-timeout',
          '10s',
          '--',
          'id',
        ]),
      {
        target: 'prod-db',
        command: ['id'],
        wish: { durationSeconds: 900, reason: 'y', ticket: 'T-1' },
        waitMs: 10_000,
      },
    ],
    ['shell-init SHELL', () => parse(shellInitCommand, ['zsh']), { shell: 'zsh' }],
    ['credential-process TARGET', () => parse(credentialProcessCommand, ['prod-db']), { target: 'prod-db' }],
  ])('%s', async (_name, parsed, wanted) => {
    expect(await parsed()).toEqual(wanted)
  })

  test('shell-init takes no shell that it does not speak', async () => {
    await expect(parse(shellInitCommand, ['tcsh'])).rejects.toThrow('bash, zsh, fish, pwsh')
  })

  test('login: two flows at once and unknown key stores are refused', async () => {
    await expect(parse(loginCommand, ['--device', '--browser'])).rejects.toMatchObject({ code: 'USAGE' })
    await expect(parse(loginCommand, ['--key-store', 'paper'])).rejects.toThrow('passphrase-file')
  })
})

const commands = (): readonly Command[] => buildProgram(fakeContext().ctx).commands

describe('the command tree keeps its promises', () => {
  test('every command that prints has --json', () => {
    const without = commands().filter((each) => !each.options.some(({ long }) => long === '--json'))
    // What `exec` prints is its program's, what `shell-init` and `completion` print is a shell's; SDKs and kubectl get JSON anyway; help is text.
    expect(without.map((each) => each.name())).toEqual([
      'exec',
      'shell-init',
      'completion',
      'credential-process',
      'kube-credential',
      'gcp-credential',
      'help',
    ])
  })

  test.each(commands().map((each) => each.name()))(
    '%s says what it does, in short and at length, and shows an example',
    async (name) => {
      const command = commands().find((each) => each.name() === name)
      expect(command?.summary()).not.toBe('')
      expect(command?.description()).not.toBe('')
      const { ctx, out } = fakeContext()
      await runProgram(ctx, ['help', name])
      expect(out.join('\n')).toContain('Examples:\n  $ ')
    },
  )
})

/** What a command would run with, given variables alone. */
async function optionsFrom(env: Readonly<Record<string, string>>, name: string): Promise<Record<string, unknown>> {
  let got: Record<string, unknown> = {}
  const program = buildProgram(fakeContext({ env }).ctx)
  const command = program.commands.find((each) => each.name() === name)
  const words = command?.registeredArguments.filter(({ required }) => required).map(() => 'x') ?? []
  command?.action(() => void (got = command.opts()))
  await program.parseAsync([name, ...words], { from: 'user' })
  return got
}

describe('the twin of a switch', () => {
  const switches = commands().flatMap((command) =>
    command.options
      .filter((option) => (option.isBoolean() || option.negate) && option.long !== '--help')
      .flatMap((option) => {
        const twin = twinOf(option)
        return twin === undefined ? [] : [[command.name(), twin, option] as const]
      }),
  )

  test('is there for those that are negated too', () => {
    expect(switches.map(([, twin]) => twin)).toEqual(
      expect.arrayContaining(['JIT_NO_WAIT', 'JIT_AS_DEFAULT', 'JIT_FIX']),
    )
  })

  test.each(switches)('%s: %s takes 1, 0 and nothing else', async (name, twin, option) => {
    const [attribute, on] = [option.attributeName(), !option.negate]
    expect((await optionsFrom({ [twin]: '1' }, name))[attribute]).toBe(on)
    expect((await optionsFrom({ [twin]: '0' }, name))[attribute]).toBe(!on)
    expect(await optionsFrom({ [twin]: '' }, name)).toEqual(await optionsFrom({}, name))
    for (const odd of ['2', 'yes', 'false'])
      await expect(optionsFrom({ [twin]: odd }, name)).rejects.toMatchObject({
        code: 'USAGE',
        message: `${twin} is set to "${odd}": it takes 1 or 0.`,
      })
  })

  test.each(['JIT_NON_INTERACTIVE', 'JIT_DEBUG'])(
    '%s stops no command: what is odd counts as 1, and is told',
    async (twin) => {
      const told = async (value: string): Promise<readonly string[]> => {
        const { ctx, note } = fakeContext({ env: { [twin]: value } })
        await runProgram(ctx, ['revoke', '--all'])
        return note.filter((line) => line.includes(twin))
      }
      const { nonInteractive, debug } = readSwitches([], { [twin]: 'true' })
      expect(twin === 'JIT_DEBUG' ? debug : nonInteractive).toBe(true)
      expect(await told('true')).toEqual([`${twin} is set to "true": it takes 1 or 0, and counts as 1.`])
      for (const plain of ['1', '0', '']) expect(await told(plain)).toEqual([])
    },
  )
})

test.each([20, 40, 60, 100])(
  'at %i columns help has no line longer than that, but for what is to be copied',
  async (columns) => {
    for (const name of commands().map((each) => each.name())) {
      const { ctx, out } = fakeContext({ columns })
      await runProgram(ctx, [name, '--help'])
      const [text = ''] = out.join('\n').split('Examples:')
      const long = text
        .split('\n')
        .filter((line) => line.length > columns && line.trim().includes(' ') && !/^Usage:|^ {2}-/.test(line))
      expect(long).toEqual([])
    }
  },
)
