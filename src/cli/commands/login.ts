import { JitError } from '../../base/errors.ts'
import type { LoginOrder } from '../../client/login.ts'
import { KEY_STORE_CHOICES, type KeyStoreChoice } from '../../platform/keychain/types.ts'
import { choice, examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { loggedInText, showLogin } from '../ui/login-text.ts'

export type LoginOptions = Partial<Omit<LoginOrder, 'show'>> & { readonly json: boolean }

type Flags = {
  readonly device?: boolean
  readonly browser?: boolean
  readonly keyStore?: KeyStoreChoice
  readonly json: boolean
}

export function loginCommand(ctx: CliContext, run = runLogin): JitCommand {
  const command = new JitCommand('login', ctx)
  command
    .summary("log in through your company's identity provider")
    .description("Logs in. The endpoint's address is all that is needed, and only the first time.")
    .argument('[endpoint-url]', 'address of the approval endpoint (also: JIT_ENDPOINT_URL)')
    .option('--device', 'show a code to type in on another machine')
    .option('--browser', 'open a browser on this machine')
    .option('--key-store <store>', `where keys lie: ${KEY_STORE_CHOICES.join(', ')}`, choice(...KEY_STORE_CHOICES))
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit login https://jit.corp.example', 'jit login --device'))
    .action((url: string | undefined, flags: Flags) => run(ctx, optionsOf(url, flags)))
  return command
}

function optionsOf(url: string | undefined, { device, browser, keyStore, json }: Flags): LoginOptions {
  if (device === true && browser === true)
    throw new JitError('USAGE', '--device and --browser exclude each other.', 'Leave one out.')
  return {
    ...(url === undefined ? {} : { endpoint: url }),
    ...(device === true ? { flow: 'device' as const } : browser === true ? { flow: 'browser' as const } : {}),
    ...(keyStore === undefined ? {} : { keyStore }),
    json,
  }
}

export async function runLogin(ctx: CliContext, { json, ...order }: LoginOptions): Promise<void> {
  if (!ctx.terminal.interactive) await refuseInJob(ctx, order.endpoint)
  const endpoint = order.endpoint ?? ctx.endpoint() ?? (await askEndpoint(ctx))
  const result = await ctx.login({ ...order, endpoint, show: (message) => showLogin(ctx.terminal, message) })
  if (json)
    return ctx.terminal.out(JSON.stringify({ endpoint: result.endpoint, keyStore: result.keyStore, ...result.me }))
  ctx.terminal.note(result.kept ? `${loggedInText(result)} Next: jit targets` : loggedInText(result))
}

/** Nobody would see the code, and the job would go on as itself. What shall be a person's must not go on as something else. */
async function refuseInJob(ctx: CliContext, typed: string | undefined): Promise<void> {
  const platform = await ctx.jobInPlaceOfLogin()
  if (platform === undefined) return
  const set = ctx.endpoint() === undefined ? `, and set JIT_ENDPOINT_URL=${typed ?? 'ENDPOINT_URL'}` : ''
  throw new JitError(
    'USAGE',
    `jit login is not needed here: a job logs in by itself, with the token of ${platform}.`,
    `Leave it out${set}. What works at once: jit elevate TARGET, jit whoami. As a person all the same: jit --workload off login`,
  )
}

function askEndpoint({ terminal, ask }: CliContext): Promise<string> {
  if (terminal.interactive) return ask.text("Address of your company's jit endpoint:")
  throw new JitError(
    'USAGE',
    'The address of the endpoint is not known yet.',
    'Type: jit login ENDPOINT_URL, or set JIT_ENDPOINT_URL',
  )
}
