import type { AwsCredential } from '../../contract/credential.ts'
import type { SealedCredential } from '../../contract/grant.ts'
import type { Issue } from '../approvals/types.ts'
import type { AwsAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { sealTo } from './seal.ts'
import type { Exchange } from './types.ts'

/** One cloud's part: signs a grant token, exchanges it, checks the result. */
export type AwsExchange = (issue: Issue, access: AwsAccess) => Promise<AwsCredential>

/** Exchanges at every cloud of the target. The first refusal ends the whole: nobody gets half a target. */
export function createExchange(clouds: { readonly aws: AwsExchange }): Exchange {
  return {
    async exchange(issue, target, key) {
      const seal = await sealTo(key)
      const credentials: SealedCredential[] = []
      if (target.aws !== undefined) {
        const credential = await clouds.aws(issue, target.aws)
        credentials.push({ cloud: 'aws', profile: target.aws.profile, jwe: await seal(credential) })
      }
      if (credentials.length === 0)
        throw new Refusal(
          'cloud_refused',
          `Target ${target.name} opens no cloud.`,
          'An administrator must configure one.',
        )
      return { grant: issue.grant, credentials }
    },
  }
}
