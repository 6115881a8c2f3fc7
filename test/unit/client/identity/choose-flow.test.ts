import { expect, test } from 'vitest'
import { isHeadless } from '../../../../src/client/identity/choose-flow.ts'

test.each<[string, Record<string, string>, NodeJS.Platform, boolean]>([
  ['a Linux desktop', { DISPLAY: ':0' }, 'linux', false],
  ['a Wayland desktop', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', false],
  ['a Linux machine without display', {}, 'linux', true],
  ['an empty display variable', { DISPLAY: '' }, 'linux', true],
  ['SSH with a forwarded display', { SSH_CONNECTION: 'a b', DISPLAY: ':10' }, 'linux', true],
  ['SSH to a Mac', { SSH_TTY: '/dev/ttys1' }, 'darwin', true],
  ['WSL', { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' }, 'linux', true],
  ['a CI job', { CI: 'true' }, 'win32', true],
  ['a Mac', {}, 'darwin', false],
  ['Windows', {}, 'win32', false],
])('%s', (_name, env, platform, headless) => {
  expect(isHeadless(env, platform)).toBe(headless)
})
