import { Command, InvalidArgumentError } from 'commander'
import { terminalText } from '../../base/terminal-text.ts'
import { WIPE_STATES, type WipeState } from '../store/types.ts'
import { type Common, commandLine, configOption, jsonOption } from './options.ts'
import type { CommandContext, GrantsQuery, ShownGrant } from './types.ts'

export type GrantsOptions = Common & GrantsQuery

/** States that one asks for by name; without any, all are listed. */
const ASKED = {
  live: 'not over',
  waiting: 'over, and nothing heard of the wipe yet',
  stuck: 'a machine could not wipe yet',
  unconfirmed: 'over for ten minutes, and nothing heard of the wipe',
} as const satisfies Partial<Record<WipeState, string>>
const MOST_LISTED = 1_000
const USUALLY_LISTED = 100

export function grantsCommand(ctx: CommandContext, run = runGrants): Command {
  const command = new Command('grants')
    .summary('who had what, and whether it is wiped; what ends last comes first')
    .addOption(configOption(ctx))
    .addOption(jsonOption())
    .option('--limit <count>', `how many to list, ${MOST_LISTED} at most`, count, USUALLY_LISTED)
    .option('--after <id>', 'go on after this grant, the last of the page before')
  for (const [state, what] of Object.entries(ASKED))
    command.option(`--${state}`, `those of the state ${state}: ${what}`)
  return command
    .addHelpText(
      'after',
      `
Examples:
  jit-endpoint grants --live                   who has what now
  jit-endpoint grants --unconfirmed --stuck    whose machines to look after`,
    )
    .action((options: Common & { limit: number; after?: string } & Partial<Record<WipeState, true>>) => {
      const { config, json, limit, after } = options
      const states = WIPE_STATES.filter((state) => options[state] === true)
      return run(ctx, { config, json, states, limit, ...(after !== undefined && { after }) })
    })
}

async function runGrants(ctx: CommandContext, { config, json, ...query }: GrantsOptions): Promise<void> {
  const page = await (await ctx.operations()).grants(config, query)
  if (json) return ctx.out(JSON.stringify(page))
  if (page.grants.length === 0) ctx.note('No such grants.')
  else for (const line of aligned([HEADING, ...page.grants.map(columns)])) ctx.out(line)
  if (page.next !== undefined) ctx.note(`There are more: ${nextPage(ctx, config, query, page.next)}`)
}

function nextPage({ env }: CommandContext, config: string, { states, limit }: GrantsQuery, after: string): string {
  const asked = states.map((state) => `--${state}`)
  const size = limit === USUALLY_LISTED ? [] : ['--limit', String(limit)]
  return commandLine(env, config, 'grants', ...asked, ...size, '--after', after)
}

const HEADING = ['GRANT', 'WIPE', 'ENDS OR ENDED', 'TARGET', 'HOLDER', 'SUBJECT', 'PIPELINES']

const columns = ({ id, wipe, target, holder, pipelines, over }: ShownGrant): readonly string[] => [
  id,
  wipe,
  over,
  target,
  terminalText(holder.email ?? holder.name),
  terminalText(holder.subject),
  pipelines?.join(', ') ?? '',
]

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADING.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > MOST_LISTED)
    throw new InvalidArgumentError(`A number from 1 to ${MOST_LISTED}.`)
  return Number(text)
}
