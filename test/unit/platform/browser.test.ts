import { expect, test } from 'vitest'
import { openBrowser } from '../../../src/platform/browser.ts'

const URL_WITH_SHELL_WORDS = 'https://idp.example/auth?a=1&calc.exe&b=$(id)'
const ESCAPED = new URL(URL_WITH_SHELL_WORDS).href

test.each<[NodeJS.Platform, string[]]>([
  ['linux', ['xdg-open', ESCAPED]],
  ['freebsd', ['xdg-open', ESCAPED]],
  ['darwin', ['open', ESCAPED]],
  ['win32', ['rundll32', 'url.dll,FileProtocolHandler', ESCAPED]],
])('on %s the URL is one argument of one program', async (platform, command) => {
  const started: string[][] = []
  const launch = async (program: string, args: readonly string[]) => started.push([program, ...args]) > 0
  expect(await openBrowser(URL_WITH_SHELL_WORDS, platform, launch)).toBe(true)
  expect(started).toEqual([command])
})

test.each(['file:///etc/passwd', 'javascript:alert(1)', 'vscode://x'])('%s is not handed over', async (url) => {
  expect(await openBrowser(url, 'linux', () => Promise.reject(new Error('started')))).toBe(false)
})

test('a machine without an opener is told apart', async () => {
  const path = process.env['PATH']
  process.env['PATH'] = '/nonexistent'
  try {
    expect(await openBrowser('https://idp.example/', 'linux')).toBe(false)
  } finally {
    process.env['PATH'] = path
  }
})
