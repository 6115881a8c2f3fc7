import { integer, list, object, oneOf, type Reader, record, ShapeError, string } from './narrow.ts'

export const CLOUDS = ['aws', 'gcp', 'azure', 'kubernetes'] as const
export type Cloud = (typeof CLOUDS)[number]

export const DELIVERY_MODES = ['files', 'process', 'isolated'] as const
export type DeliveryMode = (typeof DELIVERY_MODES)[number]

/** What a target opens in one cloud. `profile` is the name that the delivered entry gets. */
export type CloudAccess = {
  readonly cloud: Cloud
  readonly account: string
  readonly role: string
  readonly profile: string
  readonly region?: string
}

/** How a request of mine for this target would be decided. Durations in seconds. */
export type ApprovalRule =
  | { readonly kind: 'automatic' }
  | { readonly kind: 'people'; readonly approvers: readonly string[]; readonly quorum: number }
  | { readonly kind: 'refused'; readonly why: string }

/** What one can elevate to, as one caller may see it. */
export type Target = {
  readonly name: string
  readonly description?: string
  readonly access: readonly CloudAccess[]
  readonly maxDurationSeconds: number
  readonly approval: ApprovalRule
  /** The delivery mode that policy demands, where it demands one. */
  readonly deliver?: DeliveryMode
}

/** A target, profile, configuration or context name that is safe in every client's file format and in a shell. */
export const TARGET_NAME = /^[a-z][a-z0-9-]{0,62}$/

/** Names go into files, commands to copy and the terminal, so they are checked where they come in. */
export const targetName: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || !TARGET_NAME.test(value)) throw new ShapeError(path, 'a name such as prod-db')
  return value
}

/** What clients take unasked, and the names that jit gives to what it sets aside in the AWS files (`base/aws-default.ts`). */
const RESERVED = /^default(-kept-by-jit-.*)?$/

/** For a delivered profile, configuration or context: only `--as-default` makes a default, never a name. */
export const isProfileName = (name: string): boolean => TARGET_NAME.test(name) && !RESERVED.test(name)

export const profileName: Reader<string> = (value, path) => {
  const name = targetName(value, path)
  if (!isProfileName(name)) throw new ShapeError(path, 'a name that no client takes unasked')
  return name
}

const readAccess: Reader<CloudAccess> = object(
  { cloud: oneOf(...CLOUDS), account: string, role: string, profile: targetName },
  { region: string },
)

export const readApprovalRule: Reader<ApprovalRule> = (value, path) => {
  const { kind } = record(value, path)
  switch (kind) {
    case 'automatic':
      return { kind }
    case 'people':
      return { kind, ...object({ approvers: list(string), quorum: integer })(value, path) }
    case 'refused':
      return { kind, ...object({ why: string })(value, path) }
    default:
      throw new ShapeError(`${path}.kind`, 'one of automatic, people, refused')
  }
}

export const readTarget: Reader<Target> = object(
  { name: targetName, access: list(readAccess), maxDurationSeconds: integer, approval: readApprovalRule },
  { description: string, deliver: oneOf(...DELIVERY_MODES) },
)
export const readTargets = object({ targets: list(readTarget) })
