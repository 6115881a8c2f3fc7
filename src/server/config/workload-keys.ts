import { z } from 'zod'
import { reasonOf } from '../../base/errors.ts'
import { type Issue, issueAt } from './issues.ts'
import type { IssuerKeys, PublicJwk, WorkloadIssuer, Workloads } from './types.ts'

type ReadText = (path: string) => string | Promise<string>

const jwkSet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string() }))
    .min(1)
    .max(100),
})
/** Members of private and of symmetric keys (RFC 7518 §6). */
const SECRET = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Puts the keys into the configuration in place of the files that it names, so that one which is gone shows at the start. */
export async function readWorkloadKeys(
  workloads: Workloads | undefined,
  readText: ReadText,
): Promise<{ readonly workloads?: Workloads; readonly issues: readonly Issue[] }> {
  if (workloads === undefined) return { issues: [] }
  const issues: Issue[] = []
  const issuers: WorkloadIssuer[] = []
  for (const [index, issuer] of workloads.issuers.entries()) {
    const keys = issuer.keys.from === 'file' ? await readSet(issuer.keys.path, readText) : issuer.keys
    if (typeof keys === 'string') issues.push(issueAt(['workloads', 'issuers', index, 'jwks'], keys))
    else issuers.push({ ...issuer, keys })
  }
  return { workloads: { ...workloads, issuers }, issues }
}

/** The keys, or what is wrong with the file. */
async function readSet(file: string, readText: ReadText): Promise<IssuerKeys | string> {
  try {
    const { keys } = jwkSet.parse(JSON.parse(await readText(file)))
    if (keys.some(isSecret)) return `${file} holds a private or symmetric key: expected public keys only.`
    return { from: 'set', keys }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return `${file} is no JWK set.`
    return `${file} cannot be read: ${reasonOf(error)}.`
  }
}

const isSecret = (key: PublicJwk): boolean => SECRET.some((member) => Object.hasOwn(key, member))
