import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { PROMPTED_SHELLS, type PromptedShell, shellAtTerminal } from '../support/shell-terminal.ts'
import type { Figure } from './figure.ts'
import { RealHome } from './real-home.ts'
import { JIT } from './tools.ts'
import { watchSecrets } from './watched-home.ts'

/** A prompt starts a sweep and does not wait for it; so long may the start of a program take on a busy machine. */
const LATE_MS = 5000
/** A secret that is there for so long is left, not late. */
const LEFT_MS = 4 * LATE_MS
/** Time enough for a prompt to show the grant first. */
const TTL_MS = 6000
/** Longer than a prompt or a reaper would take, if there were one. */
const UNATTENDED_MS = 1500
/** The boot clock is written down in whole seconds, the earlier one. */
const EARLY_MS = 1000
/** Two grants whose ends lie seconds apart: the second must not wait because the first has just been asked for. */
const GRANTS = 2

/** No reaper and no scheduler: somebody at a terminal, and the prompt that comes next after the end. */
export async function lateAtPrompts(): Promise<Figure> {
  const shells = PROMPTED_SHELLS.filter((shell) => spawnSync(shell, ['--version']).status === 0)
  const least = GRANTS * shells.length
  const figure = { row: 'R7', least }
  if (least === 0)
    return { ...figure, what: 'prompt alone', count: 0, found: [], notRun: 'neither bash, zsh nor fish is here' }
  const all = (await Promise.all(shells.map((shell) => atPrompt(shell)))).flat()
  const most = Math.max(...all.map(({ ms }) => ms))
  const what = `prompt alone (${shells.join(', ')}): gone at most ${Math.round(most)} ms after the next prompt`
  const [late, wrong] = [all.flatMap(({ late }) => late), all.flatMap(({ wrong }) => wrong)]
  return { ...figure, what, count: all.length, found: [...late, ...wrong], isOnlyLate: wrong.length === 0 }
}

type AtEnd = { readonly ms: number; readonly late: readonly string[]; readonly wrong: readonly string[] }

async function atPrompt(shell: PromptedShell): Promise<readonly AtEnd[]> {
  using at = new RealHome('disk')
  const sitting = await shellAtTerminal(shell, { env: at.env })
  try {
    const init = `'${process.execPath}' '${JIT}' shell-init ${shell}`
    await sitting.run(shell === 'fish' ? `${init} | source` : `eval "$(${init})"`)
    const results: AtEnd[] = []
    for (let grant = 0; grant < GRANTS; grant++) {
      const watched = watchSecrets(at)
      const end = Date.now() + TTL_MS
      await watched.write(`P00${grant}`, end)
      const shown = await sitting.prompt()
      const isInTime = Date.now() < end - EARLY_MS
      await pause(end + UNATTENDED_MS - Date.now())
      const stayed = at.holdsSecret()
      const asked = Date.now()
      await sitting.prompt()
      const [late = Number.NaN] = await watched.allGone(UNATTENDED_MS + LEFT_MS)
      const ms = end + late - asked
      results.push({
        ms,
        late: [
          ...(isInTime ? [] : [`${shell}: the prompt during the grant came when it was over`]),
          ...(ms <= LATE_MS ? [] : [`${shell}, grant ${grant + 1}: still there ${Math.round(ms)} ms after the prompt`]),
        ],
        wrong: [
          ...(shown.includes(`p00${grant}`) || !isInTime ? [] : [`${shell}: the prompt did not show it: ${shown}`]),
          ...(stayed || !isInTime ? [] : [`${shell}: gone before anybody looked, so the prompt proves nothing`]),
          ...(late < LEFT_MS ? [] : [`${shell}, grant ${grant + 1}: left`]),
        ],
      })
    }
    return results
  } finally {
    await sitting.close()
  }
}
