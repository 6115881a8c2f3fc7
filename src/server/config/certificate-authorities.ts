import { reasonOf } from '../../base/errors.ts'
import { type Issue, issueAt } from './issues.ts'
import { certificatesIn } from './kubernetes.ts'
import type { Config, ConfiguredTarget } from './types.ts'

type ReadText = (path: string) => string | Promise<string>

/** Puts the certificates into the configuration in place of the paths that it names, so that a file which is gone shows at the start. */
export async function readCertificateAuthorities(
  config: Config,
  readText: ReadText,
): Promise<{ readonly config: Config; readonly issues: readonly Issue[] }> {
  const issues: Issue[] = []
  const targets: ConfiguredTarget[] = []
  for (const [index, target] of config.targets.entries()) {
    const file = target.kubernetes?.certificateAuthority
    const read = file === undefined ? undefined : await readPem(file, readText)
    if (read !== undefined && 'why' in read)
      issues.push(issueAt(['targets', index, 'kubernetes', 'certificateAuthority'], read.why))
    targets.push(read !== undefined && 'pem' in read ? withCertificates(target, read.pem) : target)
  }
  return { config: { ...config, targets }, issues }
}

const withCertificates = (target: ConfiguredTarget, pem: string): ConfiguredTarget =>
  target.kubernetes === undefined
    ? target
    : { ...target, kubernetes: { ...target.kubernetes, certificateAuthority: pem } }

async function readPem(file: string, readText: ReadText): Promise<{ pem: string } | { why: string }> {
  try {
    const pem = certificatesIn(await readText(file))
    return pem === undefined ? { why: `${file} is no PEM file with certificates and nothing else.` } : { pem }
  } catch (error) {
    return { why: `${file} cannot be read: ${reasonOf(error)}.` }
  }
}
