// A program of a user that knows nothing of jit: the AWS SDK, with credentials as `default` or a profile has them.
import { Agent } from 'node:https'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { NodeHttpHandler } from '@smithy/node-http-handler'

const [profile] = process.argv.slice(2)
const client = new STSClient({
  region: 'eu-central-1',
  credentials: profile === undefined ? fromNodeProviderChain() : fromIni({ profile }),
  requestHandler: new NodeHttpHandler({ httpsAgent: new Agent({ proxyEnv: process.env }) }), // it reads no proxy variables itself
})
const { Arn } = await client.send(new GetCallerIdentityCommand({}))
console.log(Arn)
