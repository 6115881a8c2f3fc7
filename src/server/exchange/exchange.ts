import type {
  AwsCredential,
  AzureCredential,
  CloudCredential,
  GcpCredential,
  KubernetesCredential,
} from '../../contract/credential.ts'
import type { Issue } from '../approvals/types.ts'
import type { AwsAccess, AzureAccess, ConfiguredTarget, GcpAccess, KubernetesAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { sealTo } from './seal.ts'
import { sliceEnd } from './slice.ts'
import type { Exchange } from './types.ts'

/** One cloud's part: signs a grant token, exchanges it, checks the result. `notAfter`: the end of this slice. */
type CloudExchange<Access, Credential> = (issue: Issue, access: Access, notAfter: string) => Promise<Credential>
export type AwsExchange = CloudExchange<AwsAccess, AwsCredential>
export type GcpExchange = CloudExchange<GcpAccess, GcpCredential>
export type AzureExchange = CloudExchange<AzureAccess, AzureCredential>
export type KubernetesExchange = CloudExchange<KubernetesAccess, KubernetesCredential>

export type Clouds = {
  readonly aws: AwsExchange
  readonly gcp: GcpExchange
  readonly azure: AzureExchange
  readonly kubernetes: KubernetesExchange
}

/** Exchanges at every cloud of the target, side by side. One refusal ends the whole: nobody gets half a target. */
export function createExchange(clouds: Clouds): Exchange {
  return {
    async exchange(issue, target, key) {
      const seal = await sealTo(key)
      const asked = ask(clouds, issue, target)
      if (asked.length === 0)
        throw new Refusal(
          'cloud_refused',
          `Target ${target.name} opens no cloud.`,
          'An administrator must configure one.',
        )
      // All have ended before one refusal is told: nothing is exchanged behind the answer's back.
      const results = await Promise.allSettled(asked.map(({ credential }) => credential))
      for (const result of results) if (result.status === 'rejected') throw result.reason
      const credentials = await Promise.all(
        asked.map(async ({ profile, credential }) => {
          const value = await credential
          return { cloud: value.cloud, profile, jwe: await seal(value) }
        }),
      )
      return { grant: issue.grant, credentials }
    },
  }
}

type Asked = { readonly profile: string; readonly credential: Promise<CloudCredential> }

function ask(clouds: Clouds, issue: Issue, target: ConfiguredTarget): readonly Asked[] {
  const { aws, gcp, azure, kubernetes, renewEverySeconds } = target
  const end = sliceEnd(issue, renewEverySeconds)
  const asked: Asked[] = []
  if (aws !== undefined) asked.push({ profile: aws.profile, credential: clouds.aws(issue, aws, end) })
  if (gcp !== undefined) asked.push({ profile: gcp.profile, credential: clouds.gcp(issue, gcp, end) })
  if (azure !== undefined) asked.push({ profile: azure.profile, credential: clouds.azure(issue, azure, end) })
  if (kubernetes !== undefined) {
    const credential = clouds.kubernetes(issue, kubernetes, sliceEnd(issue, kubernetes.renewEverySeconds))
    asked.push({ profile: kubernetes.profile, credential })
  }
  return asked
}
