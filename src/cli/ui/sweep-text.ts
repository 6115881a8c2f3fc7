import type { Swept } from '../../client/housekeeping.ts'
import type { WipeOutcome } from '../../client/leases/types.ts'

/** What a sweep did, a line each. */
export function sweptText({ wiped, unreadable }: Swept): readonly string[] {
  return [
    ...wiped.flatMap((each) =>
      each.wiped ? [`Ended ${nameOf(each)}: its credentials are gone from this machine.`] : [],
    ),
    ...unreadable.map(
      ({ file, why }) =>
        `The record ${file} cannot be read (${why}). Credentials are found by their marker and removed at their end all the same; the file is kept.`,
    ),
  ]
}

/** What a sweep could not remove. */
export const stuckText = ({ wiped }: Swept): string =>
  wiped.flatMap((each) => (each.wiped ? [] : [`${nameOf(each)} (${each.why})`])).join(', ')

/** Credentials whose record was lost know their grant alone. */
const nameOf = ({ target, lease }: WipeOutcome): string => target || lease
