import { Command } from 'commander'
import { CLOUDS, type Cloud } from '../../contract/target.ts'
import { type Common, configOption, jsonOption } from './options.ts'
import type { CommandContext } from './types.ts'

export type TrustOptions = Common & { readonly cloud: Cloud; readonly targets: readonly string[] }

const WHAT: Readonly<Record<Cloud, string>> = {
  aws: 'AWS accounts',
  gcp: 'projects of Google Cloud',
  azure: 'Azure tenants',
  kubernetes: 'Kubernetes clusters',
}

export function trustCommand(ctx: CommandContext, run = runTrust): Command {
  const trust = new Command('trust').summary('print what makes a cloud trust this endpoint')
  for (const cloud of CLOUDS)
    trust
      .command(cloud)
      .summary(`Terraform that makes ${WHAT[cloud]} trust this endpoint for its targets`)
      .argument('[targets...]', 'only these targets')
      .addOption(configOption(ctx))
      .addOption(jsonOption())
      .action((targets: readonly string[], options: Common) => run(ctx, { cloud, targets, ...options }))
  return trust
}

async function runTrust(ctx: CommandContext, { cloud, targets, config, json }: TrustOptions): Promise<void> {
  const terraform = await (await ctx.operations()).trust(cloud, config, targets)
  ctx.out(json ? JSON.stringify({ terraform }) : terraform.trimEnd())
}
