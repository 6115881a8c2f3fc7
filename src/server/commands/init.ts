import { Command, Option } from 'commander'
import { commandLine } from './options.ts'
import type { CommandContext } from './types.ts'

export type InitOptions = {
  readonly directory: string
  readonly endpoint: string
  readonly issuer: string
  readonly json: boolean
}

export function initCommand(ctx: CommandContext, run = runInit): Command {
  return new Command('init')
    .summary('write a commented configuration and policy to start from')
    .argument('[directory]', 'where to', '.')
    .addOption(
      new Option('--endpoint <url>', 'what users will type after jit login').default('https://jit.corp.example'),
    )
    .addOption(new Option('--issuer <url>', "the identity provider's issuer").default('https://idp.corp.example'))
    .option('--json', 'print JSON on standard output', false)
    .action((directory: string, options: Omit<InitOptions, 'directory'>) => run(ctx, { directory, ...options }))
}

async function runInit(ctx: CommandContext, options: InitOptions): Promise<void> {
  const { directory, json, ...urls } = options
  const files = await (await ctx.operations()).init(directory, urls)
  if (json) return ctx.out(JSON.stringify({ files }))
  for (const file of files) ctx.note(`Wrote ${file}`)
  ctx.note(`Fill in what is blank, then: ${commandLine(ctx.env, files[0] ?? '', 'check')}`)
}
