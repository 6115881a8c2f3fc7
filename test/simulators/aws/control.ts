import { z } from 'zod'
import type { WireRequest } from './request.ts'
import type { AwsSimulator } from './simulator.ts'
import type { Answer } from './wire.ts'

const PREFIX = '/_simulator/'

const commands = z.union([
  z.strictObject({ advanceSeconds: z.number() }),
  z.strictObject({ throttle: z.int().min(0) }),
  z.strictObject({ policyDelaySeconds: z.number().min(0) }),
  z.strictObject({ putRolePolicy: z.strictObject({ role: z.string(), name: z.string(), document: z.unknown() }) }),
  z.strictObject({ deleteRolePolicy: z.strictObject({ role: z.string(), name: z.string() }) }),
])

/**
 * The knobs over HTTP, for a simulator in its own process: `POST /_simulator/control` with one command as JSON,
 * `GET /_simulator/requests`. No bucket can be called so.
 */
export function createControl(simulator: Omit<AwsSimulator, 'url' | 'hosts' | 'close'>) {
  return ({ method, path, body }: WireRequest): Answer | undefined => {
    if (!path.startsWith(PREFIX)) return undefined
    if (method === 'GET' && path === `${PREFIX}requests`) return json(200, simulator.requests)
    if (method !== 'POST' || path !== `${PREFIX}control`) return json(404, { error: 'no such knob' })
    const command = commands.safeParse(JSON.parse(body.toString('utf8')))
    if (!command.success) return json(400, { error: z.prettifyError(command.error) })
    turn(simulator, command.data)
    return json(200, { now: new Date(simulator.clock.now()).toISOString() })
  }
}

function turn(simulator: Omit<AwsSimulator, 'url' | 'hosts' | 'close'>, command: z.infer<typeof commands>): void {
  if ('advanceSeconds' in command) simulator.clock.advance(command.advanceSeconds)
  else if ('throttle' in command) simulator.throttle(command.throttle)
  else if ('policyDelaySeconds' in command) simulator.setPolicyDelay(command.policyDelaySeconds)
  else if ('putRolePolicy' in command) {
    const { role, name, document } = command.putRolePolicy
    simulator.putRolePolicy(role, name, document)
  } else simulator.deleteRolePolicy(command.deleteRolePolicy.role, command.deleteRolePolicy.name)
}

const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
