/**
 * P1: what the prompt segment adds to each prompt while a grant lives, by the shell's own clock: the hook and an empty function in
 * turn, so that both meet the same noise. fish has no such clock: the mean of a thousand. `node test/bench/prompt.ts`
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shellInit } from '../../src/cli/shell/init/script.ts'
import type { Missed } from './programs.ts'

const PROMPTS = 2000
const REACH_MS = 1
/**
 * The 99th of a hundred prompts is the one at which a busy machine ran another program; the 95th is the hook's own. A process started
 * in it would show at each.
 */
const PROMISED_QUANTILE = 0.95

/** Prints microseconds, a line for each prompt: of the hook, then of nothing. */
const LOOP = {
  bash: (init: string) => `source ${init}; nothing() { return 0; }
for ((i = 0; i < ${PROMPTS}; i++)); do
  a=$EPOCHREALTIME; __jit_prompt; b=$EPOCHREALTIME; nothing; c=$EPOCHREALTIME
  echo $((\${b/./} - \${a/./})) $((\${c/./} - \${b/./}))
done; echo "<$JIT_PROMPT_SEGMENT>" >&2`,
  zsh: (init: string) => `source ${init}; zmodload zsh/datetime; nothing() { return 0 }
for ((i = 0; i < ${PROMPTS}; i++)); do
  a=$EPOCHREALTIME; __jit_precmd; b=$EPOCHREALTIME; nothing; c=$EPOCHREALTIME
  printf '%d %d\\n' $(( (b - a) * 1e6 )) $(( (c - b) * 1e6 ))
done; print -r "<$JIT_PROMPT_SEGMENT>" >&2`,
  fish: (init: string) => `source ${init}; function nothing; end
time for i in (seq ${PROMPTS}); __jit_on_prompt; end
echo "<$JIT_PROMPT_SEGMENT>" >&2`,
} as const

export function measurePrompts(): readonly Missed[] {
  const directory = mkdtempSync(join(tmpdir(), 'jit-bench-prompt-'))
  try {
    const now = Math.floor(Date.now() / 1000)
    const hint = join(directory, 'prompt')
    writeFileSync(hint, `${now + 3000} due ${now}\n${now + 3000} active prod-db\n${now + 3500} active logs\n`)
    console.log(`P1 prompt segment, two grants live, ${PROMPTS} prompts, added to each (reach p99 ${REACH_MS} ms)`)
    return (['bash', 'zsh', 'fish'] as const).flatMap((shell) => {
      const init = join(directory, `init.${shell}`)
      writeFileSync(init, shellInit(shell, { hint, asked: join(directory, 'asked'), sweep: ['false'], env: {} }))
      return measure(shell, init)
    })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function measure(shell: keyof typeof LOOP, init: string): readonly Missed[] {
  const args = { bash: ['--norc', '-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }[shell]
  const { status, stdout, stderr, error } = spawnSync(shell, [...args, LOOP[shell](init)], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' },
  })
  if (error !== undefined) {
    console.log(`${shell.padEnd(6)} is not here`)
    return []
  }
  if (status !== 0 || !/<prod-db \d+m, logs \d+m>/.test(stderr)) throw new Error(`${shell}: ${stderr}`)
  if (shell === 'fish') {
    const [, time = '', unit = ''] = /Executed in\s+([\d.]+) (\w+)/.exec(stderr) ?? []
    const mean = (Number(time) * (unit.startsWith('s') ? 1000 : 1)) / PROMPTS
    console.log(`fish   mean ${mean.toFixed(3)} ms`)
    return []
  }
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
  const p = (column: number, q: number): number =>
    (rows.map((row) => row[column] ?? Number.NaN).toSorted((a, b) => a - b)[Math.floor(PROMPTS * q)] ?? Number.NaN) /
    1000
  const p99 = p(0, 0.99)
  const promised = p(0, PROMISED_QUANTILE) - p(1, PROMISED_QUANTILE)
  console.log(
    `${shell.padEnd(6)} median ${p(0, 0.5).toFixed(3)} ms  p95 ${p(0, 0.95).toFixed(3)} ms  p99 ${p99.toFixed(3)} ms  (nothing: p95 ${p(1, 0.95).toFixed(3)} ms, p99 ${p(1, 0.99).toFixed(3)} ms)`,
  )
  if (p99 <= REACH_MS) return []
  const sentence = `P1 ${shell}: p99 ${p99.toFixed(2)} ms, reach ${REACH_MS}; p95 ${promised.toFixed(2)} ms more than nothing, promised ${REACH_MS}`
  return [{ sentence, promised: promised > REACH_MS }]
}

if (import.meta.main) {
  const all = measurePrompts()
  for (const { sentence, promised } of all) console.log(`${promised ? 'missed' : 'not reached yet'}: ${sentence}`)
  process.exitCode = all.some(({ promised }) => promised) ? 1 : 0
}
