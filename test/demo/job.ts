import { githubEnv, startCiWorld } from '../support/ci-world.ts'

const STEPS = [
  'jit whoami',
  'jit elevate prod-db --for 30m',
  `jit exec prod-db -- sh -c 'echo "$AWS_PROFILE until $JIT_GRANTED_UNTIL"'`,
  'jit revoke --all',
]

/** What the log of a job of GitHub Actions shows, with real tokens of its shape and the real endpoint. Masks look as the runner shows them. */
export async function jobTranscript(): Promise<string> {
  const ci = await startCiWorld()
  try {
    const job = ci.job('deploy', { ...githubEnv(ci.services), FORCE_COLOR: '1' })
    let transcript = ''
    for (const step of STEPS) {
      const { stdout, stderr, code } = await job.bash(step)
      if (code !== 0) throw new Error(`${step}\n${stderr}`)
      transcript += `\u001B[1m$ ${step}\u001B[22m\n${stderr}${stdout}`
    }
    return transcript.replaceAll(/^::add-mask::.*$/gm, '::add-mask::***').replaceAll(job.home, '/home/runner')
  } finally {
    await ci.close()
  }
}
