import { Command } from 'commander'
import { renderFault } from '../config/types.ts'
import { type Common, configOption, jsonOption } from './options.ts'
import type { CommandContext } from './types.ts'

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
  for (const warning of checked.warnings) ctx.note(`Warning: ${renderFault(warning)}`)
  const keys = checked.keys.length === 0 ? 'no keys yet (the first start makes them)' : `${checked.keys.length} keys`
  ctx.note(`${config} is good: ${checked.endpoint}, ${checked.targets} targets, ${checked.store}, ${keys}.`)
}
