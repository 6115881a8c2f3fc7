import { createServer, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isPeerOf } from '../../../src/platform/peer-owner.ts'

/** The accepted end of a connection that this very process makes to 127.0.0.1, by the way that `from` names. */
async function accepted(from: string): Promise<{ readonly peer: Socket; readonly close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = connect({ port, host: from })
  const [peer] = (await once(server, 'connection')) as [Socket]
  return { peer, close: () => [client, peer].forEach((each) => each.destroy()) ?? server.close() }
}

test.runIf(process.platform === 'linux').each(['127.0.0.1', '::ffff:127.0.0.1'])(
  'a connection over %s belongs to the user who made it, and to nobody else',
  async (from) => {
    const { peer, close } = await accepted(from)
    const uid = process.getuid?.() ?? 0
    expect([isPeerOf(peer, uid), isPeerOf(peer, uid + 1)]).toEqual([true, false])
    close()
  },
)

test('a connection that is in no table is nobody\u2019s', () => {
  expect(isPeerOf({ localPort: 1, remotePort: 1 }, process.getuid?.() ?? 0)).toBe(process.platform !== 'linux')
})
