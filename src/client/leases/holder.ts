/** Whose something is: of which endpoint, and of which login there. */
export type HeldBy = {
  readonly endpoint: string
  /** A name for issuer and subject; see `holderName`. Absent in records that older versions wrote. */
  readonly holder?: string
}
/** A login, as records name it. */
export type LoginName = Required<HeldBy>

/**
 * Whether a login may ask the endpoint about a grant. One that is asked about somebody else's answers as if it were over, and that
 * must end nobody's credentials. What names no holder is asked about with any login of its endpoint, as it always was.
 */
export const isHeldBy = ({ endpoint, holder }: HeldBy, login: HeldBy): boolean =>
  endpoint === login.endpoint && (holder === undefined || login.holder === undefined || holder === login.holder)
