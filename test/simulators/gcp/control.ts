import { z } from 'zod'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { policy } from './config.ts'
import type { GcpSimulator } from './simulator.ts'

const PREFIX = '/_simulator/'

const commands = z.union([
  z.strictObject({ advanceSeconds: z.number() }),
  z.strictObject({ throttle: z.int().min(0) }),
  z.strictObject({ policyDelaySeconds: z.number().min(0) }),
  z.strictObject({ setState: z.strictObject({ name: z.string(), state: z.enum(['active', 'disabled', 'deleted']) }) }),
  z.strictObject({ setServiceAccountDisabled: z.strictObject({ email: z.string(), disabled: z.boolean() }) }),
  z.strictObject({
    setIamPolicy: z.strictObject({
      resource: z.templateLiteral([z.enum(['projects', 'buckets', 'serviceAccounts']), '/', z.string()]),
      policy,
    }),
  }),
])

/**
 * The knobs over HTTP, for whoever has no hand on the simulator itself: `POST /_simulator/control` with one command as JSON,
 * `GET /_simulator/requests`, at any of its hosts. No bucket can be called so.
 */
export function createControl(simulator: Omit<GcpSimulator, 'hosts' | 'close'>) {
  return ({ method, path, body }: WireRequest): Answer | undefined => {
    if (!path.startsWith(PREFIX)) return undefined
    if (method === 'GET' && path === `${PREFIX}requests`) return jsonAnswer(200, simulator.requests)
    if (method !== 'POST' || path !== `${PREFIX}control`) return jsonAnswer(404, { error: 'no such knob' })
    const command = commands.safeParse(JSON.parse(body.toString('utf8')))
    if (!command.success) return jsonAnswer(400, { error: z.prettifyError(command.error) })
    turn(simulator, command.data)
    return jsonAnswer(200, { now: new Date(simulator.clock.now()).toISOString() })
  }
}

function turn(simulator: Omit<GcpSimulator, 'hosts' | 'close'>, command: z.infer<typeof commands>): void {
  if ('advanceSeconds' in command) simulator.clock.advance(command.advanceSeconds)
  else if ('throttle' in command) simulator.throttle(command.throttle)
  else if ('policyDelaySeconds' in command) simulator.setPolicyDelay(command.policyDelaySeconds)
  else if ('setState' in command) simulator.setState(command.setState.name, command.setState.state)
  else if ('setIamPolicy' in command) simulator.setIamPolicy(command.setIamPolicy.resource, command.setIamPolicy.policy)
  else
    simulator.setServiceAccountDisabled(
      command.setServiceAccountDisabled.email,
      command.setServiceAccountDisabled.disabled,
    )
}
