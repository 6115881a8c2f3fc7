import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { keysOf, query } from './aws-request.ts'
import { ACCOUNT, OWN, TENANT } from './cloud-holdings.ts'
import type { CloudWorld } from './cloud-world.ts'
import { exchangeCall, tokenOf, call, serveGcp } from './gcp-request.ts'
import type { PersonHome } from './person.ts'
import { installed } from './real-client.ts'

/** Where the clients keep what is theirs, below a home. `.config` holds gcloud's and goes with the login of jit. */
const PARTS = ['.aws', '.azure', '.kube']

/** Fills a home as somebody has it who used every client for a while, with an access of his own in each cloud that works. */
export async function stock(world: CloudWorld, person: PersonHome): Promise<void> {
  const put = (text: string, ...parts: readonly string[]): string => {
    const file = path.join(person.home, ...parts)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  await stockAws(world, put)
  await stockGcloud(world, put)
  await stockKubectl(world, put)
  if (installed('az')) await stockAz(world, person)
}

/** The same in another home, which `world.machine` has made. */
export function copyStock(from: PersonHome, to: PersonHome): void {
  for (const part of PARTS)
    if (existsSync(path.join(from.home, part)))
      cpSync(path.join(from.home, part), path.join(to.home, part), { recursive: true })
}

type Put = (text: string, ...parts: readonly string[]) => string

async function ownToken({ own }: CloudWorld, aud: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return own.sign({
    iss: own.url,
    sub: OWN.subject,
    aud,
    jti: `own-${aud}`,
    iat: now - 30,
    nbf: now - 30,
    exp: now + 3600,
  })
}

async function stockAws(world: CloudWorld, put: Put): Promise<void> {
  const { accessKeyId, secretAccessKey, sessionToken } = keysOf(
    await query(world.aws.url, {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/${OWN.role}`,
      RoleSessionName: 'alice',
      DurationSeconds: '3600',
      WebIdentityToken: await ownToken(world, 'sts.amazonaws.com'),
    }),
  )
  const keys = `aws_access_key_id=${accessKeyId}
aws_secret_access_key = ${secretAccessKey}
aws_session_token=${sessionToken}`
  put(
    `# mine, do not touch\n[default]\n${keys}\n\n\n[mine]  ; the same\n${keys}\n# the end, without a line break`,
    '.aws',
    'credentials',
  )
  put(
    `[default]\nregion = eu-central-1\noutput=text\n\n[profile mine]\nregion = eu-central-1\ns3 =\n  max_concurrent_requests = 5\n`,
    '.aws',
    'config',
  )
}

async function stockGcloud(world: CloudWorld, put: Put): Promise<void> {
  const subjectToken = await ownToken(world, `//iam.googleapis.com/${OWN.provider}`)
  const server = await serveGcp(world.gcp)
  const exchanged = await call(
    server.port,
    'sts.googleapis.com',
    exchangeCall(subjectToken, { audience: `//iam.googleapis.com/${OWN.provider}` }),
  )
  await server.close()
  const own = path.join(world.directory, 'own')
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const [tokenFile, subjectFile] = [path.join(own, 'gcp-token'), path.join(own, 'gcp-subject')]
  writeFileSync(tokenFile, tokenOf(exchanged), { mode: 0o600 })
  writeFileSync(subjectFile, subjectToken, { mode: 0o600 })
  const configuration = `[core]\nproject = ${OWN.project}\naccount = ${OWN.subject}\n\n[auth]\naccess_token_file = ${tokenFile}\n`
  const gcloud = ['.config', 'gcloud']
  put('[core]\n', ...gcloud, 'configurations', 'config_default')
  put(`# of mine\n${configuration}`, ...gcloud, 'configurations', 'config_work')
  put(configuration, ...gcloud, 'configurations', 'config_other')
  put('work', ...gcloud, 'active_config')
  const adc = {
    type: 'external_account',
    audience: `//iam.googleapis.com/${OWN.provider}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { file: subjectFile },
  }
  put(JSON.stringify(adc), ...gcloud, 'application_default_credentials.json')
}

async function stockKubectl(world: CloudWorld, put: Put): Promise<void> {
  const { url, certificateAuthority } = world.kubernetes
  const text = `# two clusters, one of them is gone
apiVersion: v1
kind: Config
preferences: {}
clusters:
- cluster: {certificate-authority: ${certificateAuthority}, server: "${url}"}
  name: mine
- cluster:
    server: https://gone.corp.example
  name: gone
contexts:
- context: {cluster: mine, user: alice}
  name: mine     # the one I use
- context:
    cluster: gone
    user: alice
  name: gone
current-context: mine
users:
- name: alice
  user:
    token: "${await ownToken(world, OWN.cluster)}"
`
  put(text, '.kube', 'config')
}

/** With az itself: nobody else knows its files so well. The calls fill its caches, so that later ones change nothing. */
async function stockAz(world: CloudWorld, person: PersonHome): Promise<void> {
  const assertion = await ownToken(world, 'api://AzureADTokenExchange')
  const login = ['login', '--service-principal', '-u', OWN.client, '-t', TENANT, '--federated-token', assertion]
  const token = ['account', 'get-access-token']
  const sdk = [...token, '--resource', 'https://management.azure.com'] // as the SDKs name what az calls by an older name
  for (const args of [login, ['group', 'list'], token, sdk]) {
    const { code, stderr } = await person.run('az', ...args, '--output', 'none')
    if (code !== 0) throw new Error(`az ${args[0]}: ${stderr}`)
  }
}
