type Defined<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The same object without the members that are `undefined`: absent and `undefined` are two things in our types. */
export function defined<T extends object>(from: T): Defined<T>
export function defined(from: object): object {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined))
}
