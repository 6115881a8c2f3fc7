import type { Wish } from '../../client/preflight.ts'
import type { CliContext } from '../context.ts'
import { pickOffered, refuseQuestion } from './pick-target.ts'

/** What was typed of a wish; targets may be none. */
export type TypedWish = Omit<Wish, 'reason'> & { readonly reason?: string }

/** The wish, with what is missing asked for on a TTY; elsewhere the error names the flag. */
export async function completed(ctx: CliContext, typed: TypedWish): Promise<Wish> {
  if (typed.targets.length === 0)
    refuseQuestion(ctx, 'Say which target.', 'Type: jit elevate TARGET --reason TEXT. See: jit targets')
  if (typed.reason === undefined) refuseQuestion(ctx, 'Say why you need it.', 'Add: --reason TEXT')
  const targets = typed.targets.length > 0 ? typed.targets : [await pickOffered(ctx)]
  const reason = typed.reason ?? (await ctx.ask.text('Why? Approvers and the audit log see it:'))
  return { ...typed, targets, reason }
}
