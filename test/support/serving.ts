import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { makeApp } from '../../src/server/http/app.ts'
import { type Listener, listen } from '../../src/server/http/listener.ts'
import type { Services } from '../../src/server/http/types.ts'

/** Serves the API on a free port of loopback until the test is over. */
export async function serving(services: Services): Promise<Listener> {
  const listener = await listen(
    makeApp(services),
    { host: '127.0.0.1', port: 0 },
    (answer, limits) => createServer(limits, answer),
    systemClock,
  )
  onTestFinished(() => listener.close())
  return listener
}
