import { Command } from 'commander'
import { renderFault } from '../config/types.ts'
import { type Common, configOption, jsonOption } from './options.ts'
import type { Checked, CommandContext } from './types.ts'

export function checkCommand(ctx: CommandContext, run = runCheck): Command {
  return new Command('check')
    .summary('check configuration, policy, database and keys')
    .addOption(configOption(ctx))
    .addOption(jsonOption())
    .action((options: Common) => run(ctx, options))
}

async function runCheck(ctx: CommandContext, { config, json }: Common): Promise<void> {
  const checked = await (await ctx.operations()).check(config)
  if (json) return ctx.out(JSON.stringify(checked))
  for (const line of pipelineLines(checked)) ctx.note(line)
  for (const warning of checked.warnings) ctx.note(`Warning: ${renderFault(warning)}`)
  ctx.note(`${config} is good: ${checked.endpoint}, ${checked.targets} targets, ${stored(checked)}.`)
}

function stored({ store, database, keys }: Checked): string {
  if (database === 'none') return `${store} (not there yet: the first start makes it)`
  const kept = keys.length === 0 ? 'no keys yet (the first start makes them)' : `${keys.length} keys`
  return `${store}${database === 'older' ? ' (of an older version: the next start brings it up to date)' : ''}, ${kept}`
}

function pipelineLines({ workloads }: Checked): readonly string[] {
  if (workloads === undefined) return []
  const { audience, issuers, pipelines } = workloads
  return [
    `Pipelines log in with tokens for ${audience} of:`,
    ...issuers.map(({ name, provider, issuer }) => `  ${name} (${provider}): ${issuer}`),
    ...pipelines.map(({ name, issuer, events }) => {
      const started = events.length === 0 ? '' : `, started by ${events.join(', ')}`
      return `Pipeline ${name}: jobs of ${issuer}${started}`
    }),
  ]
}
