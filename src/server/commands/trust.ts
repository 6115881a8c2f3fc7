import { Command } from 'commander'
import { type Common, configOption, jsonOption } from './options.ts'
import type { CommandContext } from './types.ts'

export type TrustOptions = Common & { readonly targets: readonly string[] }

export function trustCommand(ctx: CommandContext, run = runAwsTrust): Command {
  const aws = new Command('aws')
    .summary('Terraform that makes AWS accounts trust this endpoint for its targets')
    .argument('[targets...]', 'only these targets')
    .addOption(configOption(ctx))
    .addOption(jsonOption())
    .action((targets: readonly string[], options: Common) => run(ctx, { targets, ...options }))
  return new Command('trust').summary('print what makes a cloud trust this endpoint').addCommand(aws)
}

async function runAwsTrust(ctx: CommandContext, { targets, config, json }: TrustOptions): Promise<void> {
  const terraform = await (await ctx.operations()).awsTrust(config, targets)
  ctx.out(json ? JSON.stringify({ terraform }) : terraform.trimEnd())
}
