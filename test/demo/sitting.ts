import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { type PromptedShell, readable, type ShellAtTerminal, shellAtTerminal } from '../support/shell-terminal.ts'

export type Seen = { readonly step: string; readonly saw: string }

const TAB = '\t'
const ENTER = '\r'
const CTRL_C = '\u0003'
const SPINNER = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏][^]*Waiting for (\w+)/
const DELIVERED = /is yours until[^]*READY> /
/** Three shells start at once: time enough for each to show the grant in its prompt, however busy the machine is. */
const STAGING_SECONDS = 30
/** Until that grant is over, and a sweep has been started and is done. */
const PROMPT_MS = (STAGING_SECONDS + 60) * 1000

/** As docs/prompt.md says, but for start files. */
const SET_UP: Readonly<Record<PromptedShell, readonly string[]>> = {
  bash: [
    `bind 'set enable-bracketed-paste off'; bind 'set bell-style none'`,
    'eval "$(jit completion bash)"',
    'eval "$(jit shell-init bash)"',
  ],
  zsh: [
    'autoload -Uz compinit; compinit -u -D; unsetopt beep',
    'eval "$(jit completion zsh)"',
    'eval "$(jit shell-init zsh)"',
  ],
  fish: ['jit completion fish | source', 'jit shell-init fish | source'],
}
const EXIT_CODE: Readonly<Record<PromptedShell, string>> = {
  bash: 'echo "code $?"',
  zsh: 'echo "code $?"',
  fish: 'echo "code $status"',
}

/** One day of a person at one shell. Rejects where the screen does not say what it should. */
export async function sitAt(
  shell: PromptedShell,
  machine: PersonHome,
  approve: (id: string) => Promise<void>,
  tell: (seen: Seen) => void,
): Promise<void> {
  const { NO_COLOR: _, ...env } = machine.env
  const sitting = await shellAtTerminal(shell, { env })
  try {
    for (const line of SET_UP[shell]) await sitting.run(line)
    const prompt = promptOf(sitting, tell)
    await prompt('prompt before a grant', /^$/)
    await tabAndElevate(sitting, tell)
    await prompt('prompt during the grant', /^\[staging-db ends in \d+s\] $/)
    const request = await interruptTheWait(shell, sitting, tell)
    await waitForApproval(sitting, () => approve(request), tell)
    await prompt('prompt with two grants', /^\[(?:staging-db ends in \d+s, )?prod-db (?:20|1\d)m\] $/)
    await prompt('prompt after the end of one', /^\[prod-db (?:20|1\d)m\] $/)
    await pick(sitting, tell)
    const ended = await sitting.press(`jit revoke --all${ENTER}`, /gone from this machine[^]*READY> /)
    tell({ step: 'jit revoke --all', saw: lineWith(ended, /gone from this machine/) })
    await prompt('prompt after the last', /^$/)
  } finally {
    await sitting.close()
  }
}

const promptOf =
  (sitting: ShellAtTerminal, tell: (seen: Seen) => void) =>
  async (step: string, wanted: RegExp): Promise<void> => {
    let drawn = ''
    const matches = async (): Promise<boolean> => wanted.test(readable((drawn = await sitting.rawPrompt())))
    if (!(await eventually(matches, true, { withinMs: PROMPT_MS, everyMs: 500 })))
      throw new Error(`${step}: ${JSON.stringify(drawn)} instead of ${String(wanted)}`)
    tell({ step, saw: `${onlyColours(drawn)}$ ` })
  }

/** What a picture of the terminal shows of it: no titles, modes and movements. */
const onlyColours = (raw: string): string =>
  // oxlint-disable-next-line no-control-regex
  raw.replaceAll(/\u001b\][^\u0007]*\u0007|\u001b\([A-Z]|\u001b\[[\d;?>]*[A-Za-ln-z]|\u001b[=>]/g, '')

async function tabAndElevate(sitting: ShellAtTerminal, tell: (seen: Seen) => void): Promise<void> {
  await sitting.press(`jit elevate stag${TAB}`, /staging-db/)
  tell({ step: 'jit elevate stag, then Tab', saw: 'jit elevate staging-db' })
  const done = await sitting.press(` --for ${STAGING_SECONDS}s --reason 'slow query'${ENTER}`, DELIVERED)
  tell({ step: 'approved by policy', saw: lineWith(done, /is yours until/) })
}

async function interruptTheWait(
  shell: PromptedShell,
  sitting: ShellAtTerminal,
  tell: (seen: Seen) => void,
): Promise<string> {
  const waiting = await sitting.press(`jit elevate prod-db --for 20m --reason 'slow query'${ENTER}`, SPINNER)
  tell({ step: 'spinner that says who can help', saw: lineWith(waiting, /Waiting for/) })
  const stopped = await sitting.press(CTRL_C, /stays open[^]*READY> /)
  tell({ step: 'Ctrl-C', saw: lineWith(stopped, /stays open/) })
  const code = await sitting.run(EXIT_CODE[shell])
  if (!code.includes('code 130')) throw new Error(`after Ctrl-C the shell sees ${code}`)
  const [, id] = /(r_\w{26})/.exec(stopped) ?? []
  if (id === undefined) throw new Error(`Ctrl-C names no request:\n${stopped}`)
  return id
}

async function waitForApproval(
  sitting: ShellAtTerminal,
  approve: () => Promise<void>,
  tell: (seen: Seen) => void,
): Promise<void> {
  const back = await sitting.press(`jit elevate prod-db --for 20m --reason 'slow query'${ENTER}`, SPINNER)
  tell({ step: 'the same command again', saw: lineWith(back, /Coming back/) })
  const [done] = await Promise.all([sitting.press('', DELIVERED), approve()])
  tell({ step: 'approved by a person', saw: lineWith(done, /is yours until/) })
}

/** The list of targets, narrowed by typing. */
async function pick(sitting: ShellAtTerminal, tell: (seen: Seen) => void): Promise<void> {
  const list = await sitting.press(
    `jit elevate --for 20m --reason 'slow query'${ENTER}`,
    /(?:staging-db[^]*prod-db|prod-db[^]*staging-db)/,
  )
  tell({ step: 'jit elevate without a target', saw: lineWith(list, /prod-db/) })
  const narrowed = await sitting.press('stag', /stag(?!ing)(?:(?!prod-db)[^])*staging-db(?:(?!prod-db)[^])*$/)
  tell({ step: 'typing narrows the list', saw: lineWith(narrowed, /staging-db/) })
  const done = await sitting.press(ENTER, DELIVERED)
  tell({ step: 'Enter takes what is left', saw: lineWith(done, /is yours until/) })
}

/** The last line of the screen that says this; what was drawn over is gone. */
function lineWith(screen: string, pattern: RegExp): string {
  const lines = screen.split(/\r\n|\n|\r/).map((line) => line.trim())
  const found = lines.findLast((line) => pattern.test(line))
  if (found === undefined) throw new Error(`The screen does not say ${String(pattern)}:\n${screen}`)
  return found
}
