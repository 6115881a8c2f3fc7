import { spawn } from 'node:child_process'

export type Program = {
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment; nothing is inherited, so no secret of the caller lives on in a long process. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts a program that outlives this one, and returns at once. Rejects where it could not be started. */
export type StartDetached = (program: Program) => Promise<void>

/** Own session (`setsid`), no terminal, no open files, working directory `/`: closing a terminal or unmounting a disk leaves it alone. */
export const startDetached: StartDetached = ({ file, args, env }) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { detached: true, stdio: 'ignore', cwd: '/', env, windowsHide: true })
    child.once('error', reject)
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
