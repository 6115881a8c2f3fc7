import { JitError } from '../../base/errors.ts'
import type { Wish } from '../../client/preflight.ts'
import { reasonOfRun } from '../../client/workload/run-facts.ts'
import type { CliContext } from '../context.ts'
import { approvalText } from './approval-text.ts'

/** What was typed of a wish; targets may be none. */
export type TypedWish = Omit<Wish, 'reason'> & { readonly reason?: string }

/** The wish, with what is missing asked for on a TTY; elsewhere the error names the flag. A job's reason is its run. */
export async function completed(ctx: CliContext, typed: TypedWish): Promise<Wish> {
  if (typed.targets.length === 0)
    refuseQuestion(ctx, 'Say which target.', 'Type: jit elevate TARGET --reason TEXT. See: jit targets')
  const ofRun = ctx.terminal.interactive ? undefined : reasonOfRun(ctx.env)
  if (typed.reason === undefined && ofRun === undefined)
    refuseQuestion(ctx, 'Say why you need it.', 'Add: --reason TEXT')
  const targets = typed.targets.length > 0 ? typed.targets : [await pickTarget(ctx)]
  const reason = typed.reason ?? ofRun ?? (await ctx.ask.text('Why? Approvers and the audit log see it:'))
  return { ...typed, targets, reason }
}

function refuseQuestion({ terminal }: CliContext, message: string, hint: string): void {
  if (!terminal.interactive) throw new JitError('USAGE', message, hint)
}

async function pickTarget(ctx: CliContext): Promise<string> {
  const api = await ctx.api()
  const targets = await api.targets(ctx.signal)
  if (targets.length === 0)
    throw new JitError('NOT_FOUND', 'There is nothing you may ask for.', 'Who you are to the endpoint: jit whoami')
  const choices = targets.map(({ name, description, approval }) => ({
    value: name,
    label: `${name}${description === undefined ? '' : ` - ${description}`} (${approvalText(approval)})`,
  }))
  return ctx.ask.pick('What do you need?', choices)
}
