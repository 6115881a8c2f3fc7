import type { Person } from '../../contract/person.ts'
import { shortHash } from '../../platform/machine.ts'

/** Whose a grant is: of which endpoint, and of which login there (see {@link holderName}). */
export type Holder = {
  readonly endpoint: string
  /** Absent in records that older versions wrote. */
  readonly holder?: string
}
/** A login, as records name it. */
export type Login = Required<Holder>

/** Tells the people and jobs of an endpoint apart in records of this machine, without saying who they are: the endpoint goes by these two. */
export const holderName = ({ issuer, subject }: Person): string => shortHash(JSON.stringify([issuer, subject]))

/**
 * Whether a login may ask the endpoint about a grant. One that is asked about somebody else's answers as if it were over, and that
 * must end nobody's credentials. What names no holder is asked about with any login of its endpoint, as it always was.
 */
export const isHeldBy = ({ endpoint, holder }: Holder, login: Holder): boolean =>
  endpoint === login.endpoint && (holder === undefined || login.holder === undefined || holder === login.holder)
