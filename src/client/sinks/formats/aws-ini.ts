import { checkAwsIni, namesProfile } from '../../../base/aws-ini.ts'
import { defaultsIn, insertDefault, isDefaultBlock, keepsDefault, removeDefault } from '../../../base/aws-default.ts'
import {
  appendBlock,
  type Block,
  findBlocks,
  graftBlocks,
  type NewBlock,
  removeBlocks,
} from '../../../base/credentials-block.ts'
import { JitError } from '../../../base/errors.ts'
import { cutLines, tailOf } from '../../../base/section-tail.ts'
import { holdsSecret, removeUnmarked } from '../../../base/unmarked-secrets.ts'
import { profileTaken, sectionsOf } from '../aws-checks.ts'
import type { Format, FormatName, Found, NewEntry, Wanted } from './types.ts'

type Dialect = {
  readonly name: FormatName
  readonly secret: boolean
  /** What stands before a profile's name in its header. */
  readonly prefix: '' | 'profile '
}

const DEFAULT_HEADER = '[default]'

/**
 * The AWS credentials file and the config file: marked blocks behind the user's own sections. The `content` of an entry is the
 * section of its profile and, where the lease shall be the default, a second one under `[default]`: either may be missing.
 */
export function awsIni({ name, secret, prefix }: Dialect): Format {
  const foundOf = ({ lease, expiresAt, profile, secrets }: Block): Found => ({
    lease,
    expiresAt,
    ...(profile === undefined ? {} : { profile: profile.startsWith(prefix) ? profile.slice(prefix.length) : profile }),
    secrets,
  })
  const remove: Format['remove'] = (bytes, pick) => {
    const picked = (block: Block): boolean => pick(foundOf(block))
    const blocks = findBlocks(bytes).filter(picked)
    let next = bytes
    for (const { lease } of blocks.filter(isDefaultBlock)) next = removeDefault(next, lease)
    const named = (block: Block): boolean => !isDefaultBlock(block) && picked(block)
    for (const block of findBlocks(next).filter(named).toReversed()) next = cutLines(next, tailOf(next, block))
    next = removeBlocks(next, named)
    const left = new Set(findBlocks(next).map(({ lease }) => lease))
    for (const { lease } of blocks) if (!left.has(lease) && keepsDefault(next, lease)) next = removeDefault(next, lease) // its own section was deleted by hand
    return next
  }
  return {
    name,
    secret,
    remove,
    holdsSecret,
    check: (path, bytes, wanted) => {
      const theirs = remove(bytes, ({ profile }) => profile === wanted.profile)
      const taken = sectionsOf(path, theirs).find((section) => namesProfile(section.name, wanted.profile))
      if (taken !== undefined) throw profileTaken(wanted.profile, path, taken.line)
      if (wanted.asDefault) refuseStubbornDefault(path, theirs, wanted)
    },
    find: (bytes) => findBlocks(bytes).map(foundOf),
    insert: (bytes, entry) => {
      const { profile, byDefault } = sectionsIn(entry)
      const replaced = (found: Found): boolean =>
        found.profile === entry.profile ||
        (found.lease === entry.lease && (byDefault === undefined || !isDefaultBlock(found)))
      const theirs = remove(bytes, replaced)
      const named = profile === undefined ? theirs : appendBlock(theirs, profile)
      return readable(byDefault === undefined ? named : insertDefault(named, byDefault))
    },
    removeUnmarked: (bytes, { lease, profile }, isSecret) =>
      removeUnmarked(removeDefault(bytes, lease), { lease, profile: `${prefix}${profile}` }, isSecret),
    graft: (theirs, current) => {
      const defaults = defaultsIn(current)
      const named = remove(current, ({ profile }) => isDefaultBlock({ ...(profile !== undefined && { profile }) }))
      return defaults.reduce(
        (bytes, block) => insertDefault(bytes, block),
        graftBlocks(
          remove(theirs, () => true),
          named,
        ),
      )
    },
  }
}

function sectionsIn({ lease, expiresAt, content }: NewEntry): {
  readonly profile?: NewBlock
  readonly byDefault?: NewBlock
} {
  const lines = content.split('\n').filter((line) => line !== '')
  if (lines.some((line) => !/^(\[[^\p{Cc}[\]]+\]|[\w-]+ = [^\p{Cc}]+)$/u.test(line))) throw unsafe()
  const at = lines.indexOf(DEFAULT_HEADER)
  const [own, byDefault] = at < 0 ? [lines, []] : [lines.slice(0, at), lines.slice(at + 1)]
  return {
    ...(own.length > 0 && { profile: { lease, expiresAt, lines: own } }),
    ...(byDefault.length > 0 && { byDefault: { lease, expiresAt, lines: byDefault } }),
  }
}

const unsafe = (): JitError =>
  new JitError(
    'ENDPOINT_INVALID',
    'The endpoint’s answer holds a value that is not safe to write into an AWS file.',
    'Nothing was written. Show this to whoever runs the endpoint.',
  )

/** One line that the AWS tools stumble over takes down every profile of the file, so the result is read before it is written. */
function readable(bytes: Buffer): Buffer {
  const check = checkAwsIni(bytes)
  if (check.ok) return bytes
  throw new JitError(
    'FILE_UNREADABLE',
    `With an entry of jit in it the AWS tools could not read the file any more: line ${check.line}, ${check.why}.`,
    'jit has left the file as it is. Look at that line.',
  )
}

/** Tried out: a `[default]` that is indented, say, cannot be displaced. */
function refuseStubbornDefault(path: string, theirs: Buffer, { profile }: Wanted): void {
  const tried = checkAwsIni(insertDefault(theirs, { lease: 'none', expiresAt: 0, lines: ['x_jit_grant = none'] }))
  if (tried.ok && tried.sections.filter(({ name }) => namesProfile(name, 'default')).length === 1) return
  throw new JitError(
    'FILE_REFUSED',
    `jit cannot make ${profile} the default: the [default] section of ${path} is written in a way that it cannot set aside.`,
    'Write its header as [default] at the start of a line, or leave out --as-default.',
  )
}
