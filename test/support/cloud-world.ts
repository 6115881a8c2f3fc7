import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { startAzureSimulator, type AzureSimulator } from '../simulators/azure/simulator.ts'
import { startGcpSimulator, type GcpSimulator } from '../simulators/gcp/simulator.ts'
import { type KubernetesSimulator, startKubernetesSimulator } from '../simulators/kubernetes/simulator.ts'
import { makeCertificate } from './certificate.ts'
import {
  awsHoldings,
  azureHoldings,
  type CloudTarget,
  cloudTarget,
  gcpHoldings,
  kubernetesHoldings,
  type Wanted,
} from './cloud-holdings.ts'
import { type CloudNetwork, startCloudNetwork } from './cloud-network.ts'
import { freePort } from './free-port.ts'
import { type Issuer, startIssuer } from './issuer.ts'
import { startWorld, type World } from './world.ts'

/** A company with all four clouds on loopback. The three public ones answer to their production names and to no other. */
export type CloudWorld = World & {
  readonly targets: readonly CloudTarget[]
  readonly network: CloudNetwork
  readonly gcp: GcpSimulator
  readonly azure: AzureSimulator
  readonly kubernetes: Cluster
  /** Stands for the logins that the clouds' own clients made: trusted beside jit, for what people may do without it. */
  readonly own: Issuer
}
export type Cluster = Pick<KubernetesSimulator, 'url' | 'requests' | 'setPermissions'> & {
  readonly certificateAuthority: string
}

const ALL = ['aws', 'gcp', 'azure', 'kubernetes'] as const
const WANTED: readonly Wanted[] = [
  { name: 'everything', description: 'All that the company has', clouds: ALL },
  { name: 'second', description: 'The same once more, in the same files', clouds: ALL },
  { name: 'only-aws', description: 'The orders', clouds: ['aws'] },
  { name: 'only-gcp', description: 'The warehouse', clouds: ['gcp'] },
  { name: 'only-azure', description: 'The office', clouds: ['azure'] },
  { name: 'only-kubernetes', description: 'The shop', clouds: ['kubernetes'] },
  { name: 'in-slices', description: 'All, in the shortest slices', clouds: ALL, renewEvery: '15m' },
  { name: 'sealed', description: 'All, in mode process by policy', clouds: ALL },
  { name: 'apart', description: 'All, in mode isolated by policy', clouds: ALL },
]

const POLICY = `
@id("developers-at-once")
permit(principal in Group::"dev", action in [Action::"request", Action::"autoApprove"], resource)
unless { resource == Target::"sealed" || resource == Target::"apart" };

@id("sealed-only") @deliver("process")
permit(principal in Group::"dev", action in [Action::"request", Action::"autoApprove"], resource == Target::"sealed");

@id("apart-only") @deliver("isolated")
permit(principal in Group::"dev", action in [Action::"request", Action::"autoApprove"], resource == Target::"apart");
`

/** What every client is told besides network and trust: nothing that phones home, nothing that asks the machine what it is. */
const QUIET = {
  AZURE_CORE_COLLECT_TELEMETRY: 'no',
  CLOUDSDK_CORE_CHECK_GCE_METADATA: '0',
  CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
  CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
  CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
  AWS_PAGER: '',
}

export type CloudWorldOptions = {
  readonly targets?: readonly Wanted[]
  /** Cedar. */
  readonly policy?: string
}

/** Needs openssl. */
export async function startCloudWorld(options: CloudWorldOptions = {}): Promise<CloudWorld> {
  const { targets: wanted = WANTED, policy = POLICY } = options
  const own = await startIssuer()
  const port = await freePort() // the targets name the cluster before it trusts anybody
  let standing: Standing | undefined
  const placeOf = (directory: string): string => path.join(directory, 'cluster')
  const targetsIn = (certificateAuthority: string): readonly CloudTarget[] =>
    wanted.map((each, index) => cloudTarget(each, index, { server: `https://127.0.0.1:${port}`, certificateAuthority }))
  const world = await startWorld({
    targets: ({ directory }) => targetsIn(path.join(placeOf(directory), 'ca.pem')),
    policy,
    awsAccount: (account) => awsHoldings(account, own.url),
    clouds: async ({ url, aws, directory }) => {
      const place = placeOf(directory)
      mkdirSync(place)
      const { ca, ...tls } = makeCertificate(place, '127.0.0.1')
      const targets = targetsIn(ca)
      const gcp = await startGcpSimulator(gcpHoldings(targets, url, own.url))
      const azure = startAzureSimulator(azureHoldings(targets, url, own.url))
      const cluster = await startKubernetesSimulator({ ...kubernetesHoldings(targets, url, own.url, tls), port })
      const network = await startCloudNetwork({ hosts: { ...aws.hosts, ...gcp.hosts, ...azure.hosts } })
      standing = { targets, network, gcp, azure, own, kubernetes: { ...cluster, certificateAuthority: ca } }
      return {
        env: { ...network.env, ...QUIET },
        close: async () => void (await Promise.all([network.close(), cluster.close(), own.close(), gcp.close()])),
      }
    },
  })
  if (standing === undefined) throw new Error('the clouds did not stand up')
  return { ...world, ...standing }
}
type Standing = Omit<CloudWorld, keyof World>
