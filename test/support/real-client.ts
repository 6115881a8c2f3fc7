import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/** Whether `program` is in PATH. It is not started: some write into the user's home even for `--version`. */
export const installed = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

export type ClientRun = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A vendor's program in an environment that holds PATH and what is given, and nothing of the machine's user. */
export async function runClient(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ClientRun> {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: 90_000 }
  return promisify(execFile)(program, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => failed(error),
  )
}

function failed(error: unknown): ClientRun {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') throw error
  const { stdout, stderr } = Object.assign({ stdout: '', stderr: '' }, error)
  return { code: error.code, stdout, stderr }
}
