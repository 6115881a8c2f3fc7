import { cut, type Line, linesOf, textOf } from '../../../base/lines.ts'
import type { IsSecret } from '../../../base/unmarked-secrets.ts'
import type { Format } from './types.ts'

/** A line of ours as it is looked for: `az account set` writes it when somebody chooses our subscription. */
export const cloudsLine = (subscription: string): string => `subscription = ${subscription.toLowerCase()}`

const SUBSCRIPTION = /^subscription\s*[=:]\s*(\S+)\s*$/i

/**
 * `clouds.config`: `az` notes here which subscription was chosen last in each cloud. Nothing goes in from us; what `az` wrote
 * because of us goes, told by its text alone, since `az` keeps no comment when it writes the file anew.
 */
export const azClouds: Format = {
  name: 'az-clouds',
  secret: false,
  check: () => undefined,
  find: () => [],
  insert: (bytes) => bytes,
  remove: (bytes) => bytes,
  removeUnmarked: (bytes, _ours, isSecret) =>
    cut(
      bytes,
      ownLines(bytes, isSecret).map(({ start, next }) => ({ start, end: next })),
    ),
  holdsSecret: (bytes, isSecret) => ownLines(bytes, isSecret).length > 0,
  graft: (theirs) => theirs,
}

function ownLines(bytes: Buffer, isSecret: IsSecret): readonly Line[] {
  return linesOf(bytes).filter((line) => {
    const id = SUBSCRIPTION.exec(textOf(bytes, line))?.[1]
    return id !== undefined && isSecret(cloudsLine(id))
  })
}
