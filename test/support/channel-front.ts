import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { object, string } from '../../src/contract/narrow.ts'
import { startServer } from './http-server.ts'

/** Stands before an endpoint, passes everything on, and can swallow whatever is about one grant. */
export type ChannelFront = {
  readonly port: number
  /** Calls that name this grant are taken and never answered, until `speak`. */
  silence(grant: string): void
  speak(grant: string): void
  /** Calls of the channel about this grant so far. */
  readonly asked: (grant: string) => number
  /** `<grant> <outcome>` of each receipt that the endpoint has taken, and what it calls the machine. */
  readonly receipts: readonly { readonly what: string; readonly machine: string }[]
  close(): Promise<void>
}

const readReceipt = object({ outcome: string, machine: string })

export async function channelFront(behindPort: number): Promise<ChannelFront> {
  const receipts: { what: string; machine: string }[] = []
  const channelCalls: string[] = []
  const silent = new Set<string>()

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(incoming)
    const { url = '' } = incoming
    if (url === '/v1/channel') channelCalls.push(body)
    if ([...silent].some((grant) => url.includes(grant) || body.includes(grant))) return
    const status = await passOn(incoming, body, response)
    const [, grant] = /^\/v1\/grants\/([^/]+)\/receipts$/.exec(url) ?? []
    if (grant === undefined || status !== 200) return
    const { outcome, machine } = readReceipt(JSON.parse(body), 'receipt')
    receipts.push({ what: `${grant} ${outcome}`, machine })
  }
  const passOn = ({ url, method, headers }: IncomingMessage, body: string, response: ServerResponse): Promise<number> =>
    new Promise((resolve) => {
      const to = { host: '127.0.0.1', port: behindPort, path: url, method, headers }
      const outgoing = forward(to, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response).once('finish', () => resolve(answer.statusCode ?? 500))
      })
      response.once('close', () => outgoing.destroy())
      outgoing.on('error', () => response.destroy())
      outgoing.end(body)
    })
  const server = await startServer((request, response) => void handle(request, response))
  return {
    port: server.port,
    silence: (grant) => void silent.add(grant),
    speak: (grant) => void silent.delete(grant),
    asked: (grant) => channelCalls.filter((body) => body.includes(grant)).length,
    receipts,
    close: () => server.close(),
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message) text += String(chunk)
  return text
}
