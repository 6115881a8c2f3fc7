/** What a file that is wholly ours says of itself. */
export type OwnMark = {
  readonly lease: string
  /** Unix seconds. */
  readonly expiresAt: number
}

/** Not that of an entry, `# >>> jit …`: such a file is the user's. */
const MARK = /(?<!>>> )\bjit ([\w-]{1,80}) exp=(\d{1,12})\b/
const SEARCHED = 4096

/**
 * The mark of a file that is wholly ours and lies outside the private directory of its lease: in a comment, or as the value of a
 * key where the client drops comments. It stands within the first 4 KiB. `endsAt`: end of the lease, ms since 1970.
 */
export const ownMark = (lease: string, endsAt: number): string => `jit ${lease} exp=${Math.ceil(endsAt / 1000)}`

export function readOwnMark(bytes: Buffer): OwnMark | undefined {
  const [, lease, end] = MARK.exec(bytes.toString('latin1', 0, SEARCHED)) ?? []
  return lease === undefined ? undefined : { lease, expiresAt: Number(end) }
}
