import { execFile, spawnSync } from 'node:child_process'

export const hasKubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).status === 0

export type KubectlResult = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** The real kubectl in a home of its own, with no way out but loopback. */
export const kubectlIn =
  (home: string, env: Readonly<Record<string, string>>) =>
  (...args: readonly string[]): Promise<KubectlResult> =>
    new Promise((resolve) => {
      const fence = { HOME: home, PATH: process.env['PATH'], HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }
      execFile('kubectl', args, { env: { ...fence, ...env }, timeout: 60_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      })
    })
