/** One request as it came over the wire. */
export type WireRequest = {
  readonly method: string
  /** Raw, as sent. */
  readonly path: string
  readonly query: string
  /** Names in lower case; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}
