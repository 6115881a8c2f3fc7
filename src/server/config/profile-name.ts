import { isProfileName } from '../../contract/target.ts'
import { field } from './field.ts'

/** Name of a delivered profile, configuration or context. `default` is what clients take unasked: no target may slip in there, in no spelling. */
export const profileName = field(
  'a profile name of lower-case letters, digits and hyphens, other than default',
  (value) => (typeof value === 'string' && isProfileName(value) ? value : undefined),
)
