/** Who asks, as `kubectl auth whoami` shows it. */
export type User = {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export const ANONYMOUS: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] }
