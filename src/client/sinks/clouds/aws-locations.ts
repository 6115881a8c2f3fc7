import { join } from 'node:path'
import { removeDefault } from '../../../base/aws-default.ts'
import { namesProfile } from '../../../base/aws-ini.ts'
import { findBlocks } from '../../../base/credentials-block.ts'
import { readFile } from '../../../platform/durable.ts'
import { CREDENTIAL_SOURCE, sectionsOf } from '../aws-checks.ts'
import { resolveTarget } from '../target-path.ts'
import type { SinkDeps } from './deps.ts'

type Surroundings = Pick<SinkDeps, 'env' | 'home'>

export const awsCredentialsFile = (deps: Surroundings): string =>
  fromEnv(deps, 'AWS_SHARED_CREDENTIALS_FILE') ?? join(deps.home, '.aws', 'credentials')

export const awsConfigFile = (deps: Surroundings): string =>
  fromEnv(deps, 'AWS_CONFIG_FILE') ?? join(deps.home, '.aws', 'config')

/** botocore expands `~` here, so a path may come with it although no shell has seen it. */
function fromEnv({ env, home }: Surroundings, name: string): string | undefined {
  const path = env[name]
  if (path === undefined || path === '') return undefined
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
}

/** The file that `path` means, through links, and its bytes; none where there is no such file. */
export function userFile(
  { fs }: Pick<SinkDeps, 'fs'>,
  path: string,
): { readonly path: string; readonly bytes: Buffer } {
  const target = resolveTarget(fs, path)
  return { path: target, bytes: readFile(fs, target) ?? Buffer.alloc(0) }
}

/**
 * Whether the user's own default profile in the config file names a source of credentials. The AWS tools take some of them
 * (`role_arn`, `sso_…`) before any keys, so to be the default is then to set it aside there too; otherwise his settings stay.
 */
export function defaultHasOtherSource(deps: SinkDeps): boolean {
  const { path, bytes } = userFile(deps, awsConfigFile(deps))
  const theirs = findBlocks(bytes).reduce((rest, { lease }) => removeDefault(rest, lease), bytes)
  return sectionsOf(path, theirs).some(
    ({ name, keys }) => namesProfile(name, 'default') && keys.some((key) => CREDENTIAL_SOURCE.test(key)),
  )
}
