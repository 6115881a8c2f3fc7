import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { startWorld } from '../support/world.ts'
import { openScreen } from './screen.ts'

/** What a terminal shows of the prompt from a calm hour to the end, and of the list of targets. */
export async function promptScreens(): Promise<{ readonly prompt: string; readonly picker: string }> {
  const world = await startWorld()
  try {
    const alice = await world.loggedIn('alice', { FORCE_COLOR: '1' })
    const programs = path.join(world.directory, 'bin')
    mkdirSync(programs)
    symlinkSync(path.resolve('bin/jit.js'), path.join(programs, 'jit'))
    const screen = openScreen({ ...alice.env, PATH: `${programs}:${alice.env['PATH'] ?? ''}` }, 24)
    try {
      const elevate = (time: string): string => `jit elevate staging-db --for ${time} --reason 'slow query'`
      await screen.enter(`cd; PS1='\\w $ '; eval "$(jit shell-init bash)"; clear`, /^~ \$$/m)
      await screen.enter(elevate('1h'), /^\[staging-db (?:59m|1h00m)\] ~ \$$/m)
      await screen.enter(elevate('9m'), /^\[staging-db [89]m left\] ~ \$$/m)
      await screen.enter(elevate('100s'), /^\[staging-db ends in \d+s\] ~ \$$/m)
      await screen.enter('jit revoke staging-db', /^Ended[^]*^~ \$$/m)
      const prompt = screen.picture().replaceAll(alice.home, '~')
      await screen.enter('clear; jit elevate', /staging-db[^]*prod-db|prod-db[^]*staging-db/)
      await screen.type('db', /\bdb\s*$/m)
      const picker = screen.picture()
      screen.control('c')
      return { prompt, picker }
    } finally {
      screen.close()
    }
  } finally {
    await world.close()
  }
}
