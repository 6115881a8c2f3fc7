import { formatDuration } from '../../base/duration.ts'
import type { AccessRequest } from '../../contract/request.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { table } from '../ui/table.ts'
import { timeOfDay } from '../ui/time.ts'

export type RequestsOptions = { readonly which: 'mine' | 'to-review'; readonly json: boolean }

/** Stands for the words of what another machine, or an earlier login, asked: here they could not be checked. */
const OTHER_KEY = '(other key)'

export function requestsCommand(ctx: CliContext, run = runRequests): JitCommand {
  const command = new JitCommand('requests', ctx)
  command
    .summary('your requests, or those that wait for you')
    .description(
      'Lists your requests of late and how they stand, or with --to-review those of others that wait for your decision. ' +
        'Compare the words with those on the screen of whoever asks before you decide.',
    )
    .option('--to-review', 'requests of others that you may decide', false)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit requests', 'jit requests --to-review'))
    .action(({ toReview, json }: { toReview: boolean; json: boolean }) =>
      run(ctx, { which: toReview ? 'to-review' : 'mine', json }),
    )
  return command
}

export async function runRequests(ctx: CliContext, { which, json }: RequestsOptions): Promise<void> {
  const api = await ctx.api()
  const requests = await api.requests(which, ctx.signal)
  const { terminal, clock } = ctx
  if (json) return terminal.out(JSON.stringify(requests))
  if (requests.length === 0)
    return terminal.note(which === 'mine' ? 'You asked for nothing.' : 'Nothing waits for your decision.')
  const { isOfKey } = await import('../../client/own-words.ts') // brings cryptography, which help need not pay for
  const words = (request: AccessRequest): string =>
    which === 'to-review' || isOfKey(request, api.jkt) ? request.fingerprint : OTHER_KEY
  const rows = requests.map((request) => {
    const { id, state, requester, targets, durationSeconds, reason, origin, createdAt } = request
    return [
      id,
      state,
      requester.email ?? requester.name,
      targets.join(', '),
      formatDuration(durationSeconds),
      reason,
      words(request),
      `${origin.host} (${origin.address})`,
      timeOfDay(Date.parse(createdAt), clock.now()),
    ]
  })
  const heading = ['REQUEST', 'STATE', 'WHO', 'TARGETS', 'FOR', 'REASON', 'WORDS', 'FROM', 'ASKED']
  terminal.out(table(heading, rows, { columns: terminal.columns, paint: terminal.paint.out }))
  if (which === 'to-review')
    terminal.note('Compare the words with the requester, then: jit approve ID, or jit deny ID --reason TEXT')
}
