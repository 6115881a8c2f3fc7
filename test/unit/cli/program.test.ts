import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT_CODE } from '../../../src/base/errors.ts'
import { EXIT_CODE_MEANING } from '../../../src/cli/exit-codes.ts'
import { buildProgram, runProgram } from '../../../src/cli/program.ts'
import { fakeContext } from '../../support/fake-context.ts'

async function jit(...argv: string[]): Promise<string> {
  const { ctx, out } = fakeContext()
  await runProgram(ctx, argv)
  return out.join('\n')
}

describe('what was typed', () => {
  test.each<[string[], string, string]>([
    [['sattus'], 'Unknown command', 'Did you mean status?'],
    [['elevate', 'prod-db', '--fro', '1h'], "Unknown option '--fro'", 'Did you mean --for?'],
    [['approve'], "Missing required argument 'id'", 'See: jit approve --help'],
    [['status', 'more'], 'Too many arguments', 'See: jit status --help'],
    [[], 'Say what to do.', 'jit help'],
    [['help', 'exit-code'], 'There is no help about exit-code.', 'Did you mean: jit help exit-codes'],
    [['status', '--wach'], "Unknown option '--wach'.", 'Did you mean --watch? See: jit status --help'],
    [['ls', '--jsn'], "Unknown option '--jsn'.", 'Did you mean --json? See: jit targets --help'],
    [['--workload', 'github', 'approve'], "Missing required argument 'id'.", 'See: jit approve --help'],
    [['exec', 'prod-db', '--reaso', 'x', '--', 'status'], "Unknown option '--reaso'.", 'See: jit exec --help'],
    [['elvate', 'status'], "Unknown command 'elvate'.", 'Did you mean elevate? See: jit help'],
    [['--frobnicate'], "Unknown option '--frobnicate'.", 'See: jit help'],
  ])('%j is one sentence and the next thing to type', async (argv, message, hint) => {
    await expect(jit(...argv)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })

  test('help and version are no errors', async () => {
    expect(await jit('--version')).toBe('1.2.3')
    expect(await jit('--help')).toContain('elevate')
    expect(await jit('help')).toContain('elevate')
    expect(await jit('elevate', '--help')).toContain('jit elevate prod-db --for 1h')
    expect(await jit('help', 'elevate')).toContain('jit elevate prod-db --for 1h')
    expect(await jit('ls', '--help')).toContain('targets')
  })

  test('no help says that a switch is off by default, and every one what else is', async () => {
    const { commands } = buildProgram(fakeContext().ctx)
    const texts = await Promise.all([jit('help'), ...commands.map((each) => jit('help', each.name()))])
    expect(texts.join('\n')).toContain('(default: 1h')
    expect(texts.filter((text) => text.includes('(default: false)'))).toEqual([])
  })

  test('help environment names the variables of every client', async () => {
    const text = await jit('help', 'environment')
    for (const name of ['AWS_CONFIG_FILE', 'CLOUDSDK_CONFIG', 'AZURE_CONFIG_DIR', 'KUBECONFIG', 'JIT_KEY_STORE'])
      expect(text).toContain(name)
  })

  test('help exit-codes explains every code that an error can end with', async () => {
    const text = await jit('help', 'exit-codes')
    for (const code of new Set([0, 1, ...Object.values(EXIT_CODE)])) {
      expect(Object.keys(EXIT_CODE_MEANING)).toContain(String(code))
      expect(text).toMatch(new RegExp(`^ *${code}  \\w`, 'm'))
    }
  })

  test('every command that a message tells to type exists', () => {
    const source = join(import.meta.dirname, '../../../src')
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const told = files.flatMap((name) => {
      const code = readFileSync(join(source, name), 'utf8').replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')
      return [...code.matchAll(/(?:: |, |with )jit ([a-z][a-z-]*)/g)]
    })
    const known = buildProgram(fakeContext().ctx).commands.flatMap((each) => [each.name(), ...each.aliases()])
    expect(told.length).toBeGreaterThan(50)
    expect(told.map(([, name]) => name).filter((name) => !known.includes(name ?? ''))).toEqual([])
  })

  test('--non-interactive is known everywhere', async () => {
    expect(await jit('status', '--non-interactive', '--json')).toContain('"grants":[]')
    expect(await jit('--non-interactive', 'status', '--json')).toContain('"grants":[]')
  })
})
