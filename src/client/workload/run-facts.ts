import type { Environment } from '../../base/environment.ts'
import { quotedText } from '../../base/terminal-text.ts'

const LONGEST_URL = 300

/** Which pipeline runs here and where its log is, as the platform says: for people to read, never trusted. */
export type RunFacts = { readonly pipeline: string; readonly url?: string }

export function runFacts(env: Environment): RunFacts | undefined {
  const value = (name: string): string => quotedText(env[name] ?? '', 100)
  if (env['GITHUB_ACTIONS'] === 'true') {
    const { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: run = '' } = env
    return facts([value('GITHUB_REPOSITORY'), value('GITHUB_WORKFLOW')], `${server}/${repository}/actions/runs/${run}`)
  }
  if (env['GITLAB_CI'] === 'true')
    return facts([value('CI_PROJECT_PATH'), value('CI_JOB_NAME')], env['CI_JOB_URL'] ?? '')
  if (env['CIRCLECI'] === 'true')
    return facts([value('CIRCLE_PROJECT_REPONAME'), value('CIRCLE_JOB')], env['CIRCLE_BUILD_URL'] ?? '')
  if (env['BUILDKITE'] === 'true')
    return facts([value('BUILDKITE_PIPELINE_SLUG'), value('BUILDKITE_STEP_KEY')], env['BUILDKITE_BUILD_URL'] ?? '')
  if (env['TF_BUILD']?.toLowerCase() !== 'true') return undefined
  const { SYSTEM_COLLECTIONURI: collection = '', SYSTEM_TEAMPROJECT: project = '', BUILD_BUILDID: build = '' } = env
  const url = `${collection}${encodeURIComponent(project)}/_build/results?buildId=${build}`
  return facts([value('SYSTEM_TEAMPROJECT'), value('BUILD_DEFINITIONNAME')], url)
}

function facts(names: readonly string[], url: string): RunFacts {
  const pipeline = names.filter((name) => name !== '').join(' ') || 'unnamed'
  const isShown = url.length <= LONGEST_URL && /^https?:\/\//.test(url) && URL.canParse(url)
  return { pipeline, ...(isShown && { url: new URL(url).href }) }
}

/** What stands for a reason where a job names none: approvers find the run by it. */
export function reasonOfRun(env: Environment): string | undefined {
  const run = runFacts(env)
  return run && `Pipeline ${run.pipeline}${run.url === undefined ? '' : `, ${run.url}`}`
}
