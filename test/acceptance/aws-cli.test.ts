import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateEphemeralKey } from '../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../src/client/exchange/unseal.ts'
import { type AwsCredential, readAwsCredential } from '../../src/contract/credential.ts'
import { createAwsExchange } from '../../src/server/exchange/aws.ts'
import { createAssumeRole } from '../../src/server/exchange/aws-sts.ts'
import { createExchange } from '../../src/server/exchange/exchange.ts'
import { ACCOUNT, AUDIENCE, awsAccount } from '../support/aws-account.ts'
import { accessTo, cloudsOf, GRANT_ID, issueFor, targetFor, tokensOf } from '../support/aws-grant.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'

/** v1 and v2 write their version to stdout, `aws-cli/1.45.11 …`. */
const found = (command: string): boolean => spawnSync(command, ['--version'], { encoding: 'utf8' }).status === 0
/** The one in PATH, and Debian's own beside it, which listens to `--endpoint-url` alone. */
const CLIENTS = ['aws', '/usr/bin/aws'].filter(found)
const [ANY = 'aws'] = CLIENTS

describe.skipIf(CLIENTS.length === 0)('the real aws on exchanged credentials', () => {
  let dir: string
  let issuer: Issuer
  let cloud: Awaited<ReturnType<typeof startCloud>>
  let credential: AwsCredential

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'jit-aws-'))
    issuer = await startIssuer()
    cloud = await startCloud(dir, issuer.url)
    credential = await exchangeForTwoMinutes(issuer, cloud.url)
  })
  afterAll(async () => {
    await cloud.stop()
    await issuer.close()
    rmSync(dir, { recursive: true })
  })

  const aws = (client: string, ...args: string[]) =>
    run(client, ['--endpoint-url', cloud.url, '--output', 'json', ...args], dir, credential)

  test('works until the grant ends, is denied from then on, and expires with the session', async () => {
    for (const client of CLIENTS) {
      const [buckets, caller] = await Promise.all([
        aws(client, 's3api', 'list-buckets'),
        aws(client, 'sts', 'get-caller-identity'),
      ])
      expect(JSON.parse(buckets.stdout)).toMatchObject({ Buckets: [{ Name: 'ledger' }] })
      expect(JSON.parse(caller.stdout)).toMatchObject({
        Account: ACCOUNT,
        Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/prod-db/alice@corp.example-${GRANT_ID}`,
      })
    }

    await cloud.advance(120)
    const [denied, stillCaller] = await Promise.all([
      aws(ANY, 's3api', 'list-buckets'),
      aws(ANY, 'sts', 'get-caller-identity'),
    ])
    expect(denied.code).not.toBe(0)
    expect(denied.stderr).toMatch(
      /An error occurred \(AccessDenied\) when calling the ListBuckets operation(?: \(reached max retries: 0\))?: .* with an explicit deny in a session policy/,
    )
    expect(stillCaller.code).toBe(0) // AWS answers this one whatever the policies say

    await cloud.advance(780)
    const [expired, nobody] = await Promise.all([
      aws(ANY, 's3api', 'list-buckets'),
      aws(ANY, 'sts', 'get-caller-identity'),
    ])
    expect(expired.stderr).toMatch(
      /\(ExpiredToken\) when calling the ListBuckets operation.*: The provided token has expired\./,
    )
    expect(nobody.stderr).toMatch(
      /\(ExpiredToken\) when calling the GetCallerIdentity operation.*: The security token included in the request is expired/,
    )
  })
})

/** The simulator as its own process, as demo and people run it. */
async function startCloud(dir: string, issuer: string) {
  const config = join(dir, 'simulator.json')
  writeFileSync(config, JSON.stringify(awsAccount(issuer)))
  const child = spawn(process.execPath, ['test/simulators/aws/main.ts', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = await once(createInterface(child.stdout), 'line')
  const control = async (command: unknown): Promise<void> => {
    const { status } = await fetch(`${url}/_simulator/control`, { method: 'POST', body: JSON.stringify(command) })
    if (status !== 200) throw new Error(`the simulator did not obey: ${status}`)
  }
  return {
    url: String(url),
    advance: (seconds: number) => control({ advanceSeconds: seconds }),
    stop: async (): Promise<void> => {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

async function exchangeForTwoMinutes(issuer: Issuer, endpoint: string): Promise<AwsCredential> {
  const exchange = createExchange(
    cloudsOf({
      aws: createAwsExchange({
        tokens: tokensOf(issuer),
        assumeRole: createAssumeRole({ endpoint }),
        audience: AUDIENCE,
      }),
    }),
  )
  const { publicKey, privateKey } = generateEphemeralKey()
  const { credentials } = await exchange.exchange(issueFor(120, Date.now()), targetFor(accessTo('prod-db')), publicKey)
  const [sealed] = credentials
  if (sealed === undefined) throw new Error('no credentials')
  return unseal(sealed, privateKey, readAwsCredential)
}

type Result = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Credentials by environment: this is about the cloud, not about files. Nothing else of this machine is seen. */
function run(client: string, args: readonly string[], home: string, credential: AwsCredential): Promise<Result> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    AWS_ACCESS_KEY_ID: credential.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credential.secretAccessKey,
    AWS_SESSION_TOKEN: credential.sessionToken,
    AWS_DEFAULT_REGION: credential.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
  }
  return new Promise((resolve) => {
    execFile(client, [...args], { env, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr })
    })
  })
}
