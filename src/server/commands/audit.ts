import { Command, InvalidArgumentError } from 'commander'
import { JitError } from '../../base/errors.ts'
import type { Head } from '../audit/types.ts'
import { type Common, commandLine, configOption, jsonOption } from './options.ts'
import type { CommandContext } from './types.ts'

export type ExportOptions = Common & { readonly from: number }
export type VerifyOptions = Common & { readonly file?: string; readonly head?: Head }
type Runs = { readonly export: typeof runExport; readonly verify: typeof runVerify }

export function auditCommand(ctx: CommandContext, run: Runs = { export: runExport, verify: runVerify }): Command {
  const command = (name: string, summary: string): Command =>
    new Command(name).summary(summary).addOption(configOption(ctx)).addOption(jsonOption())
  const exporting = command('export', 'write the log to stdout, one leaf of JSON per line')
    .option('--from <seq>', 'first leaf to write', sequence, 1)
    .action((options: ExportOptions) => run.export(ctx, options))
  const verifying = command('verify', 'check that no leaf of the log was changed, dropped, added or moved')
    .argument('[file]', 'an export to check instead of the database; needs no endpoint')
    .option('--head <seq:hash>', 'a head that you remember from earlier: finds a log that was cut or rewritten', head)
    .action((file: string | undefined, options: Common & { readonly head?: Head }) =>
      run.verify(ctx, { ...options, ...(file !== undefined && { file }) }),
    )
  return new Command('audit').summary('the log of every decision').addCommand(exporting).addCommand(verifying)
}

async function runExport(ctx: CommandContext, { config, from }: ExportOptions): Promise<void> {
  await (await ctx.operations()).exportLog(config, from, (line) => ctx.write(`${line}\n`))
}

async function runVerify(ctx: CommandContext, { config, file, head, json }: VerifyOptions): Promise<void> {
  const operations = await ctx.operations()
  const found = await (file === undefined ? operations.verifyLog(config, head) : operations.verifyExport(file, head))
  if (!found.ok)
    throw new JitError(
      'STATE_CORRUPT',
      `The log is not what it was, from leaf ${found.seq} on. ${found.why}`,
      file === undefined
        ? 'Keep the database as it is, and check an earlier export: jit-endpoint audit verify FILE'
        : `Keep the file as it is, and check the database: ${commandLine(ctx.env, config, 'audit', 'verify')}`,
    )
  if (json) return ctx.out(JSON.stringify(found))
  if (found.head.seq === 0) return ctx.note('The log is empty.')
  const shown = `${found.head.seq}:${found.head.hash}`
  const words = ['audit', 'verify', ...(file === undefined ? [] : [file]), '--head', shown]
  ctx.out(shown)
  const line = commandLine(ctx.env, config, ...words)
  ctx.note(`${found.head.seq} leaves, all as they were written. Remember this head: ${line}`)
}

function sequence(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('A leaf has a number from 1 on.')
  return Number(text)
}

function head(text: string): Head {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError('A head is what audit verify prints, such as 42:9f86d0….')
  return { seq: Number(seq), hash }
}
