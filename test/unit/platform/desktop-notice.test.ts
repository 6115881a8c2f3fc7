import { expect, test } from 'vitest'
import { noticeProgram } from '../../../src/platform/desktop-notice.ts'

const NOTICE = { title: '$(touch x) "; display dialog', text: "--it's" }
const ENV = {
  PATH: '/bin',
  HOME: '/home/me',
  DISPLAY: ':0',
  AWS_SECRET_ACCESS_KEY: 'secret',
  JIT_PASSPHRASE_FILE: '/p',
}

test.each(['linux', 'darwin', 'win32'] as const)(
  'on %s the words are no part of a script, and no secret goes along',
  (platform) => {
    const { args, env } = noticeProgram(NOTICE, platform, ENV)
    const script = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined)
    for (const words of Object.values(NOTICE)) {
      expect(script.join('\n')).not.toContain(words)
      expect([...args.slice(script.length), ...Object.values(env)]).toContain(words)
    }
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['AWS_SECRET_ACCESS_KEY']))
    expect(env).toMatchObject({ PATH: '/bin', DISPLAY: ':0' })
  },
)
