import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CiProvider } from './ci-platforms.ts'
import { type CiWorld, githubEnv, type Job, RUNNER_BEARER } from './ci-world.ts'
import { fakeProgram } from './workload.ts'

const JOB = '0184990a-477b-4fa8-9968-496074483cee'

/** How each platform lets a job have its token. */
export const CI_JOBS: Readonly<Record<CiProvider, (ci: CiWorld, name: string) => Promise<Job>>> = {
  github: async (ci, name) => ci.job(name, githubEnv(ci.services)),
  gitlab: async (ci, name) =>
    ci.job(name, {
      GITLAB_CI: 'true',
      CI_JOB_ID: '302',
      CI_SERVER_HOST: 'gitlab.com',
      JIT_ID_TOKEN: await ci.token('gitlab'),
    }),
  circleci: async (ci, name) => {
    const job = ci.job(name, { CIRCLECI: 'true', CIRCLE_WORKFLOW_JOB_ID: JOB })
    const token = await ci.token('circleci')
    const wanted = JSON.stringify({ aud: ci.url })
    fakeProgram(job.programs, 'circleci', `[ "$*" = 'run oidc get --claims ${wanted}' ] && echo '${token}'`)
    return job
  },
  buildkite: async (ci, name) => {
    const job = ci.job(name, { BUILDKITE: 'true', BUILDKITE_JOB_ID: JOB, BUILDKITE_AGENT_ACCESS_TOKEN: RUNNER_BEARER })
    const token = await ci.token('buildkite')
    fakeProgram(
      job.programs,
      'buildkite-agent',
      `case "$*" in
        'oidc request-token --audience ${ci.url} --claim pipeline_id --claim organization_id') echo '${token}' ;;
        'redactor add --format json') cat > '${job.home}/redacted' ;;
        *) exit 1 ;;
      esac`,
    )
    return job
  },
  'azure-devops': async (ci, name) =>
    ci.job(name, {
      TF_BUILD: 'True',
      SYSTEM_JOBID: JOB,
      SYSTEM_OIDCREQUESTURI: `${ci.services}/azure`,
      SYSTEM_ACCESSTOKEN: RUNNER_BEARER,
    }),
  kubernetes: async (ci, name) => {
    const file = path.join(ci.world.directory, `${name}.token`)
    writeFileSync(file, await ci.token('kubernetes'))
    return ci.job(name, { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOSTNAME: 'migrate-1', JIT_WORKLOAD_TOKEN_FILE: file })
  },
  aws: async (ci, name) =>
    ci.job(name, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${ci.services}/task-role`,
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_STS: `${ci.services}/sts`,
    }),
  spiffe: async (ci, name) => {
    const job = ci.job(name, { SPIFFE_ENDPOINT_SOCKET: 'unix:///run/spire.sock' })
    const token = await ci.token('spiffe')
    fakeProgram(
      job.programs,
      'spire-agent',
      `[ "$*" = 'api fetch jwt -audience ${ci.url} -socketPath /run/spire.sock' ] && printf 'token(spiffe://corp.example/ci/deploy):\n\t%s\n' '${token}'`,
    )
    return job
  },
  pinned: async (ci, name) => ci.job(name, { JIT_WORKLOAD_TOKEN: await ci.token('pinned') }),
  google: async (ci, name) => ci.job(name, { GCE_METADATA_HOST: new URL(ci.services).host, K_SERVICE: 'nightly' }),
}
