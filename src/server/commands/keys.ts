import { Command } from 'commander'
import type { Rotation } from '../tokens/types.ts'
import { type Common, commandLine, configOption, jsonOption } from './options.ts'
import type { CommandContext, ShownKey } from './types.ts'

export type RotateOptions = Common & { readonly now: boolean }
export type PublishOptions = Common & { readonly directory: string }
type Runs = { readonly list: typeof runList; readonly rotate: typeof runRotate; readonly publish: typeof runPublish }

export function keysCommand(
  ctx: CommandContext,
  run: Runs = { list: runList, rotate: runRotate, publish: runPublish },
): Command {
  const command = (name: string, summary: string): Command =>
    new Command(name).summary(summary).addOption(configOption(ctx)).addOption(jsonOption())
  const list = command('list', 'keys with use, state and dates').action((options: Common) => run.list(ctx, options))
  const rotate = command('rotate', 'activate the next keys and publish their successors')
    .option('--now', 'replace keys that were stolen: at once, and accept what they signed nowhere', false)
    .action((options: RotateOptions) => run.rotate(ctx, options))
  const publish = command('publish', 'write discovery document and JWKS as static files, for clouds to read')
    .argument('<directory>', 'root of the web site that answers for the endpoint URL')
    .action((directory: string, options: Common) => run.publish(ctx, { directory, ...options }))
  return new Command('keys').summary('signing keys').addCommand(list).addCommand(rotate).addCommand(publish)
}

async function runList(ctx: CommandContext, { config, json }: Common): Promise<void> {
  const keys = await (await ctx.operations()).keys(config)
  if (json) return ctx.out(JSON.stringify({ keys }))
  for (const key of keys) ctx.out(line(key))
  if (keys.length === 0) ctx.note('No keys yet: the first start of jit-endpoint serve makes them.')
}

const line = ({ kid, use, state, createdAt, until }: ShownKey): string =>
  [kid, use.padEnd(6), state.padEnd(7), `made ${createdAt}`, ...(until === undefined ? [] : [`until ${until}`])].join(
    '  ',
  )

async function runRotate(ctx: CommandContext, { config, json, now }: RotateOptions): Promise<void> {
  const rotations = await (await ctx.operations()).rotateKeys(config, now)
  if (json) ctx.out(JSON.stringify({ rotations }))
  else for (const rotation of rotations) ctx.note(sentence(rotation))
  if (now)
    ctx.note(
      'The replaced keys are accepted nowhere any more: everybody gets a new access token at the next call, grant tokens ' +
        'not exchanged yet are void, and a cloud that cached the keys before the new one was published refuses until its cache is over. ' +
        `Static copies must be published again now: ${commandLine(ctx.env, config, 'keys', 'publish', 'DIR')}`,
    )
}

const sentence = (rotation: Rotation): string =>
  rotation.done
    ? `${rotation.use} key ${rotation.signing} signs now; ${rotation.retired} is retired.`
    : `${rotation.use} key ${rotation.next} is next and published; clouds may not know it before ${new Date(rotation.activeFrom).toISOString()}. Nothing changed. Rotate again then.`

async function runPublish(ctx: CommandContext, { config, json, directory }: PublishOptions): Promise<void> {
  const files = await (await ctx.operations()).publishKeys(config, directory)
  if (json) return ctx.out(JSON.stringify({ files }))
  for (const file of files) ctx.note(`Wrote ${file}`)
}
