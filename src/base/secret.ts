const SHOWN = '[redacted]'

/** Text that no log, message, JSON or debugger shows by accident. `reveal` is the only way out, so it can be searched for. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return SHOWN
  }
  toJSON(): string {
    return SHOWN
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN
  }
}
