import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromProcess } from '@aws-sdk/credential-providers'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { awsCommandLine } from '../../../src/base/aws-command-line.ts'
import { TempHome } from '../../support/temp-home.ts'

const CHARACTERS = `ab /\\'"#;$&|<>()*?[]{}~!%^\`=-é`
const word = fc.string({ unit: fc.constantFrom(...Array.from(CHARACTERS)), maxLength: 12 })
const words = fc.array(word, { minLength: 1, maxLength: 4 })

const SPLIT = `
import json, sys
from botocore.compat import compat_shell_split as split
print(json.dumps([split(text, platform) for text, platform in json.load(sys.stdin)]))
`
/** A Python that has the AWS CLI's own library: pip's v1, or Debian's v2. */
const python = [...pyenv(), 'python3', '/usr/bin/python3'].find(
  (each) => spawnSync(each, ['-c', 'import botocore.compat']).status === 0,
)
function pyenv(): readonly string[] {
  const versions = join(process.env['HOME'] ?? '/root', '.pyenv/versions')
  return existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin/python3')) : []
}
const byBotocore = (lines: readonly (readonly [string, string])[]): unknown =>
  JSON.parse(spawnSync(python ?? '', ['-c', SPLIT], { input: JSON.stringify(lines), encoding: 'utf8' }).stdout)

describe('a credential_process line is read alike by', () => {
  test.skipIf(python === undefined)('botocore on Linux and macOS', () => {
    const all = fc.sample(words, 2000).map((rest) => ['/opt/node', ...rest])
    expect(byBotocore(all.map((each) => [awsCommandLine(each), 'linux']))).toEqual(all)
  })

  test.skipIf(python === undefined)('botocore on Windows, as far as it can be written there', () => {
    const all = fc.sample(words, 4000).flatMap((rest) => {
      const each = ['C:\\Program Files\\nodejs\\node.exe', ...rest]
      try {
        return [{ each, line: awsCommandLine(each) }]
      } catch {
        return [] // refused: the next test
      }
    })
    expect(all.length).toBeGreaterThan(100)
    expect(byBotocore(all.map(({ line }) => [line, 'win32']))).toEqual(all.map(({ each }) => each))
  })

  test('a shell, which is how the Go and Java SDKs start it', () => {
    const all = fc.sample(words, 200)
    const script = all.map((each) => `printf '%s\\0' ${awsCommandLine(['/x', ...each])}; printf '\\1\\0'`).join('\n')
    const { stdout } = spawnSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' })
    const seen = stdout
      .split('\u0001\0')
      .slice(0, -1)
      .map((each) => each.split('\0').slice(1, -1))
    expect(seen).toEqual(all)
  })

  test('the JavaScript SDK, out of a config file', { timeout: 60_000 }, async () => {
    using home = new TempHome()
    const [config, script] = [join(home.home, 'config'), join(home.home, "it's #1; echo.mjs")]
    home.put(
      `const said = Buffer.from(JSON.stringify(process.argv.slice(2))).toString('base64')
       console.log(JSON.stringify({ Version: 1, AccessKeyId: said, SecretAccessKey: 'x' }))`,
      0o600,
      script,
    )
    for (const each of [[' # no comment', ' ; nor this', "'", '"', '\\', '$HOME', '`id`'], ...fc.sample(words, 6)]) {
      home.put(
        `[profile x]\ncredential_process = ${awsCommandLine([process.execPath, script, ...each])}\n`,
        0o600,
        config,
      )
      const read = fromProcess({
        profile: 'x',
        configFilepath: config,
        filepath: join(home.home, 'none'),
        ignoreCache: true,
      })
      const { accessKeyId } = await read()
      expect(JSON.parse(Buffer.from(accessKeyId, 'base64').toString())).toEqual(each)
    }
  })
})

test.each([
  ['a line break', ['/opt/a\nb']],
  ['what cmd.exe replaces', ['C:\\node.exe', '%PATH%']],
  ['a quote on Windows', ['C:\\node.exe', 'a"b']],
  ['what the JavaScript SDK takes for a comment on Windows', ['C:\\node.exe', 'C:\\a #b']],
])('%s is refused', (_what, line) => {
  expect(() => awsCommandLine(line)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})
