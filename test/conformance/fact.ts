import type { DeliveryMode } from '../../src/contract/target.ts'
import type { Client } from './clients.ts'

/** What is promised of every client in every mode, in the order of the table. */
export const CHECKS = {
  before: 'fails before there is a grant',
  works: 'works, and acts as the target says',
  others: 'whatever else the home holds works, and stands there as it was',
  ttl: 'fails when the time is up, all files as they were',
  revoke: 'fails after jit revoke, all files as they were',
  default: 'takes --as-default, and gives the default back',
  overlap: 'keeps one of two grants when the other ends',
} as const
export type Check = keyof typeof CHECKS

/** One promise, kept or not, of one client in one mode. `wrong` is empty where it was kept. */
export type Fact = {
  readonly client: string
  readonly mode: DeliveryMode
  readonly check: Check
  readonly wrong: readonly string[]
}

/** Facts of one check over several clients, gathered as a scene goes on. */
export class Ledger {
  readonly #facts = new Map<string, { readonly client: string; readonly check: Check; readonly wrong: string[] }>()
  readonly #mode: DeliveryMode

  constructor(mode: DeliveryMode) {
    this.#mode = mode
  }

  note({ name }: Pick<Client, 'name'>, check: Check, wrong: readonly string[]): void {
    const key = `${name} ${check}`
    const fact = this.#facts.get(key) ?? { client: name, check, wrong: [] }
    fact.wrong.push(...wrong)
    this.#facts.set(key, fact)
  }

  facts(): readonly Fact[] {
    return [...this.#facts.values()].map((fact) => ({ ...fact, mode: this.#mode }))
  }
}
