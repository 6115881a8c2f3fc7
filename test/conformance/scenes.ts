import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Cloud, DeliveryMode } from '../../src/contract/target.ts'
import { OWN, subscriptionOf } from '../support/cloud-holdings.ts'
import type { CloudWorld } from '../support/cloud-world.ts'
import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { copyStock } from '../support/stocked-home.ts'
import { attempt, type Through } from './attempt.ts'
import type { Client, Way } from './clients.ts'
import { type Check, type Fact, Ledger } from './fact.ts'
import { changes, type Hashes, hashesOf } from '../support/watched-files.ts'

export type Stage = {
  readonly world: CloudWorld
  /** Somebody who is logged in, and whose home is stocked. Each scene has a copy. */
  readonly alice: PersonHome
  readonly clients: readonly Client[]
  readonly mode: DeliveryMode
  /** Tells what goes on. */
  readonly say: (text: string) => void
}

/** Names of Alice's own that are not her defaults. */
const OWN_NAMES: Readonly<Record<Cloud, string>> = {
  aws: 'mine',
  gcp: 'other',
  azure: OWN.subscriptionName,
  kubernetes: 'mine',
}
const PLACES: Readonly<Record<Cloud, string>> = {
  aws: '.aws/',
  gcp: '.config/gcloud/',
  azure: '.azure/',
  kubernetes: '.kube/',
}
/** The files of the user's in which a delivery may put an entry, or which it makes; `default`: with `--as-default` besides. */
const ENTRIES: Readonly<Record<DeliveryMode | 'default', RegExp>> = {
  files:
    /^(\.aws\/credentials|\.kube\/config|\.config\/gcloud\/(configurations\/config_jit-[a-z]+|jit-[a-z]+_configs\.db)|\.azure\/(msal_token_cache\.json|service_principal_entries\.json|azureProfile\.json|clouds\.config))$/,
  process: /^(\.aws\/config|\.kube\/config)$/,
  isolated: /^$/,
  default: /^(\.aws\/(config|credentials)|\.config\/gcloud\/active_config)$/,
}
/** What a client without a name in its own way of asking takes: that of `--as-default`, where it has one in this mode. */
const FOLLOWS_DEFAULT: Readonly<Record<DeliveryMode, readonly string[]>> = {
  files: ['aws v1', 'aws v2', 'AWS SDK for JavaScript', 'gcloud', 'az', '@azure/identity', 'kubectl'],
  process: ['aws v1', 'aws v2', 'AWS SDK for JavaScript', 'kubectl'],
  isolated: [],
}
const [FIRST, SECOND] = ['everything', 'second'] as const
const INDEX = { [FIRST]: 0, [SECOND]: 1 } as const
type TargetName = keyof typeof INDEX
/** As `jit status --json` tells it. */
type Live = { readonly grant: string; readonly target: string; readonly endsAt: string }

/** A home of its own with what is asked of it. */
class Scene {
  readonly #stage: Stage
  readonly #home: PersonHome
  readonly #ledger: Ledger
  readonly #original: Hashes
  readonly #scripts = new Map<TargetName, string>()
  readonly #grants = new Map<TargetName, string>()

  constructor(stage: Stage, name: string) {
    this.#stage = stage
    this.#home = stage.world.machine(stage.alice, `${stage.mode}-${name}`)
    copyStock(stage.alice, this.#home)
    this.#ledger = new Ledger(stage.mode)
    this.#original = hashesOf(this.#home.home, 'but for noise')
  }

  facts = (): readonly Fact[] => this.#ledger.facts()

  stopped(check: Check, error: unknown): void {
    for (const client of this.#stage.clients) this.#ledger.note(client, check, [`the scene stopped: ${String(error)}`])
  }

  /** Elevates, and sees that nothing but our entries has changed. Gives the end of the grant, ms since 1970. */
  async elevate(check: Check, target: TargetName, ...more: readonly string[]): Promise<number> {
    const { mode } = this.#stage
    const asDefault = more.includes('--as-default')
    await this.#quietly(check, asDefault, async () => {
      const args = ['elevate', target, '--reason', 'conformance', '--deliver', mode, ...more]
      await this.#jit(...args, ...(more.includes('--for') ? [] : ['--for', '20m']))
    })
    this.#scripts.set(target, await this.#jit('env', target, '--shell', 'bash'))
    const status: { readonly grants: readonly Live[] } = JSON.parse(await this.#jit('status', '--json'))
    const live = status.grants.find((each) => each.target === target)
    if (live === undefined) throw new Error(`no grant for ${target} in jit status`)
    this.#grants.set(target, live.grant)
    return Date.parse(live.endsAt)
  }

  async revoke(check: Check, target: TargetName): Promise<void> {
    await this.#quietly(check, true, async () => void (await this.#jit('revoke', target)))
    this.#noteDirectory(check, target)
  }

  /** Every client with the access of `target` in each way of this mode. */
  async uses(check: Check, target: TargetName, expected: 'works' | 'fails'): Promise<void> {
    await this.#each(async (client) => {
      for (const way of client.ways[this.#stage.mode]) {
        const wrong = await this.#use(client, way, target, expected)
        this.#ledger.note(client, check, wrong === undefined ? [] : [`${way}, ${target}: ${wrong}`])
      }
    })
  }

  async #use(client: Client, way: Way, target: TargetName, expected: 'works' | 'fails'): Promise<string | undefined> {
    const script = this.#scripts.get(target)
    const through: Through = { way, target, ...(script !== undefined && { script }) }
    const whose = {
      subscription: subscriptionOf(INDEX[target]),
      ...(way === 'own files' && { profile: `jit-${target}` }),
    }
    const calls = client.calls(whose)
    const { all, output, complaint } = await attempt(
      this.#home,
      expected === 'fails' ? calls.slice(0, 1) : calls,
      through,
    )
    const acts = output.includes(client.seen.jit(target))
    if (expected === 'fails') return all === 'failed' && !acts ? undefined : `still works: ${output.trim()}`
    if (all !== 'succeeded') return `does not work: ${complaint}`
    return acts && !output.includes(client.seen.own) ? undefined : `acts as another: ${output.trim()}`
  }

  /** Every client without a name, and with another name than ours. `bare`: whose access it takes when it is given no name. */
  async others(check: Check, bare: 'own' | 'of --as-default'): Promise<void> {
    await this.#each(async (client) => {
      const follows = bare !== 'own' && FOLLOWS_DEFAULT[this.#stage.mode].includes(client.name)
      const expected = follows ? client.seen.jit(FIRST) : client.seen.own
      const unnamed = { subscription: follows ? subscriptionOf(INDEX[FIRST]) : OWN.subscription }
      const named = { subscription: OWN.subscription, profile: OWN_NAMES[client.cloud] }
      this.#ledger.note(client, check, [
        ...(await this.#seen(client, unnamed, expected, 'without a name')),
        ...(await this.#seen(client, named, client.seen.own, `as ${named.profile}`)),
      ])
    })
  }

  /** Every client without a name is Alice's own again. */
  async defaults(check: Check): Promise<void> {
    await this.#each(async (client) => {
      const wrong = await this.#seen(client, { subscription: OWN.subscription }, client.seen.own, 'without a name')
      this.#ledger.note(client, check, wrong)
    })
  }

  async #seen(client: Client, whose: Parameters<Client['calls']>[0], expected: string, how: string) {
    if (whose.profile !== undefined && client.name === 'google-auth-library') return [] // it knows no names
    const { all, output, complaint } = await attempt(this.#home, client.calls(whose).slice(0, 1))
    return all === 'succeeded' && output.includes(expected) ? [] : [`${how}: ${complaint || output.trim()}`]
  }

  /** Outside of the files that hold our entries nothing is as it was not. */
  outside(check: Check): void {
    this.#noteFiles(check, hashesOf(this.#home.home, 'but for noise'), ENTRIES[this.#stage.mode])
  }

  asBefore(check: Check): void {
    this.#noteFiles(check, hashesOf(this.#home.home, 'but for noise'), /^$/)
  }

  /** To be asked before somebody uses what led there: az and gcloud make the directory that they are told anew. */
  #noteDirectory(check: Check, target: TargetName): void {
    for (const client of this.#stage.clients) this.#ledger.note(client, check, this.#directoriesOf(target))
  }

  #directoriesOf(target: TargetName): readonly string[] {
    const grants = path.join(this.#home.home, '.run/jit/grants')
    const names = existsSync(grants) ? readdirSync(grants) : []
    const ours = names.filter((name) => name.startsWith(`${this.#grants.get(target)}.`))
    return ours.map((name) => `the directory ${name} is still there`)
  }

  /** Waits for the reaper alone: nothing here starts jit. Gives how many ms after `end` it was done. */
  async wiped(end: number): Promise<number> {
    const difference = (): number => changes(this.#original, hashesOf(this.#home.home, 'but for noise')).length
    await eventually(difference, 0, { withinMs: Math.max(0, end - Date.now()) + 20_000, everyMs: 100 })
    const late = Date.now() - end
    await eventually(() => Date.now() >= end, true, { withinMs: Math.max(0, end - Date.now()) + 1000 })
    return late
  }

  gone(check: Check): void {
    this.#noteDirectory(check, FIRST)
  }

  #noteFiles(check: Check, now: Hashes, allowed: RegExp): void {
    this.#note(
      check,
      changes(this.#original, now).filter((line) => !allowed.test(line.split(' ')[0] ?? '')),
    )
  }

  /** Each cloud's clients answer for what lies in their place. */
  #note(check: Check, lines: readonly string[]): void {
    for (const client of this.#stage.clients)
      this.#ledger.note(
        client,
        check,
        lines.filter((line) => line.startsWith(PLACES[client.cloud])),
      )
  }

  /** While jit alone runs, only files that hold its entries change. */
  async #quietly(check: Check, asDefault: boolean, act: () => Promise<void>): Promise<void> {
    const before = hashesOf(this.#home.home, 'strict')
    await act()
    const allowed = [ENTRIES[this.#stage.mode], ...(asDefault ? [ENTRIES.default] : [])]
    const changed = changes(before, hashesOf(this.#home.home, 'strict'))
    this.#note(
      check,
      changed.filter((line) => !allowed.some((each) => each.test(line.split(' ')[0] ?? ''))),
    )
  }

  async #jit(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#home.jit(...args)
    if (code !== 0)
      throw new Error(
        `jit ${args.join(' ')} ended with ${code}: ${stderr}\n${this.#stage.world.endpoint.log().slice(-800)}`,
      )
    return stdout
  }

  async #each(act: (client: Client) => Promise<void>): Promise<void> {
    await Promise.all(this.#stage.clients.map(act))
  }
}

/** All promises for one mode. */
export async function scenesOf(stage: Stage): Promise<readonly Fact[]> {
  const taken = { seconds: 0 }
  const all = [
    await played(stage, 'revoke', (scene) => revoked(stage, scene, taken)),
    await played(stage, 'ttl', (scene) => expired(stage, scene, taken.seconds)),
    ...(stage.mode === 'isolated' ? [] : [await played(stage, 'default', (scene) => byDefault(stage, scene))]), // nothing of the user's leads there
    await played(stage, 'overlap', (scene) => overlapping(stage, scene)),
  ]
  return all.flat()
}

/** What stops a scene is a broken promise to every client. */
async function played(stage: Stage, check: Check, play: (scene: Scene) => Promise<void>): Promise<readonly Fact[]> {
  const scene = new Scene(stage, check)
  await play(scene).catch((error: unknown) => scene.stopped(check, error))
  return scene.facts()
}

async function revoked(stage: Stage, scene: Scene, taken: { seconds: number }): Promise<void> {
  stage.say('before, with a grant, beside the others, revoked')
  await scene.uses('before', FIRST, 'fails')
  await scene.elevate('works', FIRST)
  const start = performance.now()
  await scene.uses('works', FIRST, 'works')
  taken.seconds = (performance.now() - start) / 1000
  await scene.others('others', 'own')
  scene.outside('others')
  await scene.revoke('revoke', FIRST)
  await scene.uses('revoke', FIRST, 'fails')
  scene.asBefore('revoke')
}

const [SHORTEST, LONGEST] = [15, 120]

/** `seconds`: how long all clients took to use a grant on this machine just now. */
async function expired(stage: Stage, scene: Scene, seconds: number): Promise<void> {
  const life = Math.min(LONGEST, Math.max(SHORTEST, Math.ceil(seconds * 1.5) + 5))
  stage.say(`a grant of ${life} s, to its end`)
  const end = await scene.elevate('ttl', FIRST, '--for', `${life}s`)
  await scene.uses('ttl', FIRST, 'works')
  const late = await scene.wiped(end)
  stage.say(late <= 0 ? 'wiped within its last second' : `wiped ${(late / 1000).toFixed(1)} s after the end`)
  scene.gone('ttl')
  scene.asBefore('ttl')
  await scene.uses('ttl', FIRST, 'fails')
}

async function byDefault(stage: Stage, scene: Scene): Promise<void> {
  stage.say('as the default, and back')
  await scene.elevate('default', FIRST, '--as-default')
  await scene.others('default', 'of --as-default')
  await scene.revoke('default', FIRST)
  scene.asBefore('default')
  await scene.defaults('default')
}

/** The older one ends first, then the younger one. */
async function overlapping(stage: Stage, scene: Scene): Promise<void> {
  stage.say('two grants in the same files')
  await scene.elevate('overlap', FIRST)
  await scene.elevate('overlap', SECOND)
  await scene.revoke('overlap', FIRST)
  await scene.uses('overlap', SECOND, 'works')
  await scene.uses('overlap', FIRST, 'fails')
  await scene.elevate('overlap', FIRST)
  await scene.revoke('overlap', SECOND)
  await scene.uses('overlap', FIRST, 'works')
  await scene.revoke('overlap', FIRST)
  scene.asBefore('overlap')
}
