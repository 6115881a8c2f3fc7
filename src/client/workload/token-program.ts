import { JitError } from '../../base/errors.ts'
import { withoutSecrets } from '../../base/without-secrets.ts'
import type { TokenDeps } from './types.ts'

const LIMIT_MS = 10_000

type Wanted = {
  readonly file: string
  readonly args: readonly string[]
  /** What to do where it is not there or fails. */
  readonly hint: string
}

/** What a platform's own program prints. It is of the job, so it gets the job's environment; nothing secret is in its arguments. */
export async function askProgram({ env, run }: TokenDeps, { file, args, hint }: Wanted): Promise<string> {
  const whole = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  const { code, stdout, stderr } = await run({ file, args, env: whole }, LIMIT_MS).catch((error: unknown) => {
    if (!(error instanceof JitError)) throw error
    throw new JitError('LOGIN_NEEDED', error.message, hint, { cause: error })
  })
  if (code === 0) return stdout
  if (code === undefined)
    throw new JitError('IDP_UNREACHABLE', `${file} gave no token within ${LIMIT_MS / 1000} seconds.`, hint)
  const words = withoutSecrets(lastLine(stderr), [])
  throw new JitError('LOGIN_FAILED', `${file} gave no token (exit code ${code}${words && `: ${words}`}).`, hint)
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
