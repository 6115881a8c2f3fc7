import { checkAwsIni } from '../../../base/aws-ini.ts'
import { appendBlock, findBlocks, graftBlocks, removeBlocks } from '../../../base/credentials-block.ts'
import { JitError } from '../../../base/errors.ts'
import { holdsSecret, removeUnmarked } from '../../../base/unmarked-secrets.ts'
import { assertProfileFree } from '../aws-checks.ts'
import type { Format } from './types.ts'

/** The AWS credentials file: a marked block behind the user's own sections. `content`: header and keys, a line each. */
export const awsCredentials: Format = {
  name: 'aws-credentials',
  secret: true,
  check: (path, bytes, { profile }) => assertProfileFree(path, bytes, profile),
  find: findBlocks,
  insert: (bytes, { lease, profile, expiresAt, content }) => {
    const theirs = removeBlocks(bytes, (block) => block.lease === lease || block.profile === profile)
    return readable(appendBlock(theirs, { lease, expiresAt, lines: content.split('\n') }))
  },
  remove: removeBlocks,
  removeUnmarked,
  holdsSecret,
  graft: graftBlocks,
}

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
