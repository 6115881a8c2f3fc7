import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { EndedGrant } from '../../src/contract/channel.ts'
import { list, object, integer, string } from '../../src/contract/narrow.ts'
import { startServer } from './http-server.ts'

const readCall = object({ grants: list(string), waitSeconds: integer })
type Waiting = { readonly grants: readonly string[]; readonly response: ServerResponse }

/** Stands before an endpoint and answers for its channel and its receipts; all else it passes on. */
export type ChannelFront = {
  readonly port: number
  /** Says to whoever holds this grant that it is over, now and from now on. */
  end(ended: EndedGrant): void
  /** What calls of the channel get: an answer when there is one, or nothing at all, ever. */
  behave(how: 'well' | 'silent'): void
  /** Calls of the channel so far, and those that wait. */
  readonly calls: () => number
  readonly waiting: () => number
  /** `<grant> <outcome>` of each receipt, and when it came. */
  readonly receipts: readonly { readonly what: string; readonly machine: string }[]
  /** From now on grants are strict. */
  makeStrict(): void
  close(): Promise<void>
}

export async function channelFront(behindPort: number): Promise<ChannelFront> {
  const over: EndedGrant[] = []
  const receipts: { what: string; machine: string }[] = []
  const waiting = new Set<Waiting>()
  let [calls, behaves, strict] = [0, 'well', false]
  const json = (response: ServerResponse, value: unknown): void =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const endedOf = (grants: readonly string[]) => over.filter(({ grant }) => grants.includes(grant))

  const channel = (body: string, response: ServerResponse): void => {
    calls++
    const { grants, waitSeconds } = readCall(JSON.parse(body), 'call')
    const wait: Waiting = { grants, response }
    response.once('close', () => waiting.delete(wait))
    waiting.add(wait)
    if (behaves === 'silent') return
    if (endedOf(grants).length > 0 || waitSeconds === 0) return json(response, { ended: endedOf(grants) })
    const timer = setTimeout(() => json(response, { ended: [] }), waitSeconds * 1000)
    response.once('close', () => clearTimeout(timer))
  }
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(incoming)
    const { url = '' } = incoming
    const [, grant] = /^\/v1\/grants\/([^/]+)\/receipts$/.exec(url) ?? []
    if (url === '/v1/channel') return channel(body, response)
    if (grant === undefined) return passOn(incoming, body, response)
    const { outcome, machine } = object({ outcome: string, machine: string, at: string })(JSON.parse(body), 'receipt')
    receipts.push({ what: `${grant} ${outcome}`, machine })
    json(response, { recorded: 'yes' })
  }
  const passOn = (incoming: IncomingMessage, body: string, response: ServerResponse): void => {
    const { url, method, headers } = incoming
    const outgoing = forward({ host: '127.0.0.1', port: behindPort, path: url, method, headers }, (answer) => {
      void textOf(answer).then((text) => {
        const said = strict && url?.endsWith('/credentials') === true ? made(text) : text
        const { 'content-length': _of, 'transfer-encoding': _chunked, ...rest } = answer.headers
        return response.writeHead(answer.statusCode ?? 500, rest).end(said)
      })
    })
    outgoing.on('error', () => response.destroy())
    outgoing.end(body)
  }
  const made = (text: string): string => text.replace('"grant":{', '"grant":{"channel":"strict",')
  const server = await startServer((request, response) => void handle(request, response))
  return {
    port: server.port,
    end: (ended) => {
      over.push(ended)
      for (const { grants, response } of waiting)
        if (grants.includes(ended.grant)) json(response, { ended: endedOf(grants) })
    },
    behave: (how) => void (behaves = how),
    calls: () => calls,
    waiting: () => waiting.size,
    receipts,
    makeStrict: () => void (strict = true),
    close: () => server.close(),
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message) text += String(chunk)
  return text
}
