import type { Environment } from '../../base/environment.ts'
import type { RunToEnd } from '../../platform/processes.ts'

export type MaskDeps = {
  readonly env: Environment
  /** Whether what is written to stderr goes on to another process, as the log of a job does: never a file, never a screen. */
  readonly errIsPiped: boolean
  /** One line on stderr. */
  readonly note: (line: string) => void
  readonly run: RunToEnd
  readonly isOnPath: (program: string) => boolean
}

/** Shorter lines (a brace, a word) would blacken the log and hide nothing. */
const SHORTEST = 8
const REDACTOR_LIMIT_MS = 5_000

/**
 * Has the platform hide these values wherever they come up in the log of this job. Two platforms take them as lines of the log
 * itself, so they are written only where everything says that a runner of theirs reads along; anywhere else the line would be the
 * leak. Rejects with nothing: a mask that cannot be set is no reason to lose a grant. Whether the platform was told.
 */
export async function maskInLog(deps: MaskDeps, secrets: readonly string[]): Promise<boolean> {
  const lines = [...new Set(secrets.flatMap((secret) => secret.split(/[\r\n]+/)))].filter(
    ({ length }) => length >= SHORTEST,
  )
  if (lines.length === 0) return false
  if (isBuildkite(deps)) return redact(deps, lines)
  const command = commandOf(deps)
  if (command === undefined) return false
  for (const line of lines) deps.note(command(line))
  return true
}

const isSet = (env: Environment, ...names: readonly string[]): boolean =>
  names.every((name) => (env[name] ?? '') !== '')

function commandOf({ env, errIsPiped }: MaskDeps): ((value: string) => string) | undefined {
  if (!errIsPiped) return undefined
  if (isGithubRunner(env)) return (value) => `::add-mask::${value.replaceAll('%', '%25')}`
  if (env['TF_BUILD']?.toLowerCase() === 'true' && isSet(env, 'SYSTEM_JOBID', 'AGENT_ID', 'BUILD_BUILDID'))
    return (value) => `##vso[task.setsecret]${value.replaceAll('%', '%AZP25')}`
  return undefined
}

/**
 * GitHub's own runner reads commands from stdout and stderr of a step (actions/runner, `ScriptHandler`). Others that set its
 * variables too (act, Gitea, Forgejo) may print the line as it is.
 */
const isGithubRunner = (env: Environment): boolean =>
  env['GITHUB_ACTIONS'] === 'true' &&
  isSet(env, 'GITHUB_RUN_ID', 'RUNNER_NAME', 'RUNNER_TEMP') &&
  !['ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS'].some((name) => isSet(env, name))

const isBuildkite = ({ env, isOnPath }: MaskDeps): boolean =>
  env['BUILDKITE'] === 'true' && isSet(env, 'BUILDKITE_JOB_ID') && isOnPath('buildkite-agent')

/** Through the agent's own socket, so nothing passes through the log. Agents before 3.67 do not know it. */
async function redact({ env, run }: MaskDeps, lines: readonly string[]): Promise<boolean> {
  const program = {
    file: 'buildkite-agent',
    args: ['redactor', 'add', '--format', 'json'],
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    input: JSON.stringify(Object.fromEntries(lines.map((line, at) => [`jit-${at}`, line]))),
  }
  const { code } = await run(program, REDACTOR_LIMIT_MS).catch(() => ({ code: undefined }))
  return code === 0
}
