import { Command } from 'commander'
import { type Common, configOption, jsonOption } from './options.ts'
import type { CommandContext } from './types.ts'

export function serveCommand(ctx: CommandContext, run = runServe): Command {
  return new Command('serve')
    .summary('serve the API until SIGTERM, SIGINT or SIGHUP')
    .addOption(configOption(ctx))
    .addOption(jsonOption())
    .action((options: Common) => run(ctx, options))
}

async function runServe(ctx: CommandContext, { config, json }: Common): Promise<void> {
  await (await ctx.operations()).serve(config, (listening, { endpoint }) => {
    ctx.note(`jit-endpoint serves ${endpoint} on ${listening}`)
    if (json) ctx.out(JSON.stringify({ event: 'ready', endpoint, listening }))
  })
}
