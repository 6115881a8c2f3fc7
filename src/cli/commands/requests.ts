import { formatDuration } from '../../base/duration.ts'
import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { ApprovalApi } from '../../client/approval/types.ts'
import type { Person } from '../../contract/person.ts'
import type { AccessRequest } from '../../contract/request.ts'
import type { Me } from '../../contract/session.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { waitsFor } from '../ui/approval-text.ts'
import { requestText } from '../ui/request-text.ts'
import { table } from '../ui/table.ts'
import { timeOfDay } from '../ui/time.ts'

export type RequestsOptions = {
  readonly which: 'mine' | 'to-review' | { readonly id: string }
  readonly json: boolean
}

/** Stands for the words of what another machine, or an earlier login, asked: here they could not be checked. */
const OTHER_KEY = '(other key)'

export function requestsCommand(ctx: CliContext, run = runRequests): JitCommand {
  const command = new JitCommand('requests', ctx)
  command
    .summary('your requests, those that wait for you, or one of them')
    .description(
      'Lists your requests of late and how they stand, or with --to-review those of others that wait for your decision. ' +
        'With an ID, one request whole: who, what, why, what it needs, who decided, its grants and the time left. ' +
        'Compare the words with those on the screen of whoever asks before you decide.',
    )
    .argument('[id]', 'request to show')
    .option('--to-review', 'requests of others that you may decide', false)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      examples('jit requests', 'jit requests --to-review', 'jit requests r_0123456789abcdefghjkmnpqrs'),
    )
    .action((id: string | undefined, { toReview, json }: { toReview: boolean; json: boolean }) =>
      run(ctx, { which: parseWhich(id, toReview), json }),
    )
  return command
}

function parseWhich(id: string | undefined, toReview: boolean): RequestsOptions['which'] {
  if (id === undefined) return toReview ? 'to-review' : 'mine'
  if (!toReview) return { id }
  throw new JitError('USAGE', 'An ID and --to-review exclude each other.', 'Leave one out.')
}

export async function runRequests(ctx: CliContext, { which, json }: RequestsOptions): Promise<void> {
  if (typeof which === 'object') return showRequest(ctx, which.id, json)
  const api = await ctx.api()
  const requests = await api.requests(which, ctx.signal)
  const { terminal, clock } = ctx
  if (json) return terminal.out(JSON.stringify(requests))
  if (requests.length === 0)
    return terminal.note(which === 'mine' ? 'You asked for nothing.' : 'Nothing waits for your decision.')
  const words = await wordsFor(api, which === 'mine')
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

/** Words of somebody else's request are what the endpoint says; one's own are shown where they are of this very key. */
async function wordsFor(
  { jkt }: Pick<ApprovalApi, 'jkt'>,
  isMine: boolean,
): Promise<(request: AccessRequest) => string> {
  const { isOfKey } = await import('../../client/own-words.ts') // brings cryptography, which help need not pay for
  return (request) => (!isMine || isOfKey(request, jkt) ? request.fingerprint : OTHER_KEY)
}

async function showRequest(ctx: CliContext, id: string, json: boolean): Promise<void> {
  const api = await ctx.api()
  if (json) return ctx.terminal.out(JSON.stringify(await api.request(id, 0, ctx.signal)))
  const [request, me] = await Promise.all([api.request(id, 0, ctx.signal), api.me(ctx.signal)])
  const isMine = isOf(me)(request.requester)
  const words = (await wordsFor(api, isMine))(request)
  for (const line of requestText(ctx, request, { words, clockOffsetMs: api.clockOffsetMs() })) ctx.terminal.out(line)
  if (request.state !== 'pending') return
  ctx.terminal.note(isMine ? ownHint(request, me, words === OTHER_KEY) : reviewHint(request, me))
}

/** What another key asked for is issued to that key alone, or to another job of its run. */
function ownHint({ id }: AccessRequest, { flow }: Me, isOfOtherKey: boolean): string {
  const name = terminalText(id)
  const back = `Take it back: jit cancel ${name}`
  return isOfOtherKey && flow !== 'workload'
    ? `Come back to it on the machine that asked, with the login that it had then. ${back}`
    : `Come back to it: jit elevate --request ${name}. ${back}`
}

function reviewHint(request: AccessRequest, me: Me): string {
  const name = terminalText(request.id)
  return request.needs.some(({ approvedBy }) => approvedBy.some(isOf(me)))
    ? `You have approved it. It waits for ${waitsFor(request)}.`
    : `Compare the words with the requester, then: jit approve ${name}, or jit deny ${name} --reason TEXT`
}

const isOf =
  ({ person }: Me) =>
  ({ issuer, subject }: Person): boolean =>
    issuer === person.issuer && subject === person.subject
