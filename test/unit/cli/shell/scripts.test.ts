import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROMPTING_SHELLS } from '../../../../src/base/shell-quote.ts'
import { buildProgram, runProgram } from '../../../../src/cli/program.ts'
import { completionModel } from '../../../../src/cli/shell/completion/model.ts'
import { COMPLETION_FILES } from '../../../../src/cli/shell/completion/script.ts'
import { shellInit } from '../../../../src/cli/shell/init/script.ts'
import { fakeContext } from '../../../support/fake-context.ts'

const PLACES = {
  hint: "/it's a \\ home/$(id)/`id`/prompt\u2019s",
  asked: '/asked',
  sweep: ['/no"de', 'C:\\j it\\jit.js', 'sweep'],
  env: { JIT_STATE_DIR: "it's" },
}

async function printed(...argv: string[]): Promise<string> {
  const { ctx, out } = fakeContext()
  await runProgram(ctx, argv)
  return out.join('\n')
}

/** Code without comments and without what stands in quotes. */
const codeOf = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/'(?:''|[^'\n])*'/g, "''")

const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** The brackets that do not match, in order. */
function unmatched(code: string): string {
  const stack: string[] = []
  for (const each of code.replaceAll(/"[^"\n]*"/g, '""'))
    if ('([{'.includes(each)) stack.push(each)
    else if (each in CLOSES && stack.pop() !== CLOSES[each]) return `${each} after ${stack.join('')}`
  return stack.join('')
}

describe('what completions know', () => {
  const model = completionModel(buildProgram(fakeContext().ctx))
  const command = (name: string) => model.commands.find((each) => each.name === name)

  test('every command with its flags, and what may stand where', () => {
    expect(model.commands.length).toBeGreaterThan(15)
    expect(command('elevate')).toMatchObject({ places: [{ kind: 'targets' }], variadic: true })
    expect(command('exec')).toMatchObject({ places: [{ kind: 'targets' }, { kind: 'program' }] })
    expect(command('revoke')).toMatchObject({ places: [{ kind: 'grants' }] })
    expect(command('cancel')).toMatchObject({ places: [{ kind: 'requests' }] })
    expect(command('approve')).toMatchObject({ places: [{ kind: 'free' }] })
    expect(command('targets')).toMatchObject({ aliases: ['ls'], places: [] })
    expect(command('completion')?.places).toEqual([{ kind: 'words', words: [...PROMPTING_SHELLS] }])
    const flags = Object.fromEntries(command('elevate')?.options.map((each) => [each.flags.join(), each.value]) ?? [])
    expect(flags).toMatchObject({
      '--for': { kind: 'free' },
      '--deliver': { kind: 'words', words: ['files', 'process', 'isolated'] },
      '--request': { kind: 'requests' },
      '--json': undefined,
      '-h,--help': undefined,
    })
  })

  test.each(PROMPTING_SHELLS)('what jit completion %s prints is what completions/ holds', async (shell) => {
    const file = join(import.meta.dirname, '../../../../completions', COMPLETION_FILES[shell])
    expect(`${await printed('completion', shell)}\n`).toBe(readFileSync(file, 'utf8'))
  })
})

describe('the scripts for PowerShell, which no test runs', () => {
  test.each([
    ['shell-init', () => shellInit('pwsh', PLACES)],
    ['completion', () => readFileSync(join(import.meta.dirname, '../../../../completions/jit.ps1'), 'utf8')],
  ])('%s: evaluates nothing, and its brackets match', (_name, make) => {
    const code = codeOf(make())
    expect(code).not.toMatch(/Invoke-Expression|\biex\b|Invoke-Command|\[scriptblock\]|AddScript|ExpandString/i)
    expect(unmatched(code)).toBe('')
  })

  test('quotes what it is given, curly quotes too', () => {
    const text = shellInit('pwsh', PLACES)
    expect(text).toContain("$global:JitHint = '/it''s a \\ home/$(id)/`id`/prompt\u2019\u2019s'")
    expect(text).toContain(String.raw`$start.Arguments = '"C:\j it\jit.js" "sweep"'`)
    expect(text).toContain(`::new('/no"de')`)
  })

  test('starts nothing but the sweep', () => {
    expect(shellInit('pwsh', PLACES).match(/Process\]::Start|Start-Process|Start-Job/g)).toEqual(['Process]::Start'])
  })
})
