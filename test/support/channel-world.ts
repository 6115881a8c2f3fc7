import { list, object, string } from '../../src/contract/narrow.ts'
import { type ChannelFront, channelFront } from './channel-front.ts'
import { eventually } from './eventually.ts'
import type { Ended } from './launch.ts'
import type { PersonHome } from './person.ts'
import { POLICY, startWorld, TARGETS, type World } from './world.ts'

/** What a machine's credentials file holds before jit comes. */
export const OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'
const ALSO_AT_ONCE = `
@id("all-at-once")
permit(principal in Group::"dev", action == Action::"autoApprove", resource);
@id("dba-administers")
permit(principal in Group::"dba", action == Action::"administer", resource);
`
const readGrants = object({ grants: list(object({ grant: string })) })

/** An endpoint behind a front that can swallow what is about a grant; one target, `strict-db`, is strict. */
export type ChannelWorld = {
  readonly front: ChannelFront
  /** Who administers. */
  readonly bob: PersonHome
  /** Another machine of somebody who is logged in. */
  machineCalled(name: string): PersonHome
  /** Another person who works as the same user of the same machine. */
  sameHome(of: PersonHome, login: string): PersonHome
  /** The grant that a machine gets. Resolves when its reaper waits for a word about it. */
  elevated(machine: PersonHome, target?: string): Promise<string>
  close(): Promise<void>
}

export async function startChannelWorld(): Promise<ChannelWorld> {
  const strict = { name: 'strict-db', description: 'Strict', maxDuration: '4h', labels: [], more: 'channel: strict' }
  const fronts: ChannelFront[] = []
  const world = await startWorld({
    front: async (port) => {
      const front = await channelFront(port)
      fronts.push(front)
      return front
    },
    targets: [...TARGETS, strict],
    policy: POLICY + ALSO_AT_ONCE,
  })
  const [front] = fronts
  if (front === undefined) throw new Error('The world has no front.')
  const [alice, bob] = [world.person('alice'), world.person('bob')]
  for (const login of await Promise.all([alice.logIn(), bob.logIn()])) succeeded(login)
  return {
    front,
    bob,
    sameHome: (of, login) => world.sameHome(of, login),
    machineCalled: (name) => machineOf(world, alice, name),
    elevated: (machine, target = 'staging-db') => elevatedAt(front, machine, target),
    close: () => world.close(),
  }
}

function machineOf(world: World, person: PersonHome, name: string): PersonHome {
  const machine = world.machine(person, name)
  machine.writeCredentials(OWN)
  return machine
}

async function elevatedAt(front: ChannelFront, machine: PersonHome, target: string): Promise<string> {
  const words = ['--for', '20m', '--reason', 'test', '--json']
  const { stdout } = succeeded(await machine.jit('elevate', target, ...words))
  const grant = readGrants(JSON.parse(stdout), 'elevate').grants[0]?.grant ?? 'none'
  if (!(await eventually(() => front.asked(grant) > 0, true, { withinMs: 20_000 })))
    throw new Error(`Nobody asks the endpoint about ${grant}.`)
  return grant
}

/** Throws what a program said that did not end with 0. */
export function succeeded(ended: Ended): Ended {
  if (ended.code !== 0) throw new Error(`exit ${ended.code}: ${ended.stderr}`)
  return ended
}
