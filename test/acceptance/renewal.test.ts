import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { object, string } from '../../src/contract/narrow.ts'
import { type Keys, signedCall } from '../support/aws-request.ts'
import { filesHolding } from '../support/disk.ts'
import { eventually } from '../support/eventually.ts'
import { jitPerson } from '../support/jit-person.ts'
import type { Running } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf } from '../support/reapers.ts'
import { sharedClock } from '../support/shared-clock.ts'
import { tempDirectory } from '../support/temp-directory.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'
import { hasFaketime } from '../support/wrong-clock.ts'

/** The shortest slice that an endpoint can be told; it is renewed with a third left. */
const SLICE = 15
const RENEWED_AFTER = 10
/** Ends before STS ends a session of its last slice, which lasts fifteen minutes at least. */
const LONG = 20
const OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'
/** A reaper looks every two seconds; the machine may be busy. */
const SOON = { withinMs: 60_000, everyMs: 250 }
/** A wipe that waited for the renewal would take a minute. */
const PROMPTLY_MS = 20_000

type At = {
  readonly world: World
  readonly alice: PersonHome
  readonly reaper: Running
  readonly grant: string
  /** Everybody's clock, in minutes since the grant began; the true one runs on. */
  readonly time: (minutes: number) => void
}

/** A company, and alice with a long grant; her reaper has the clock that the test sets. */
async function longGrant(
  { onTestFinished }: TestContext,
  minutes: number,
  { deliver = 'files', ...options }: WorldOptions & { readonly deliver?: string } = {},
): Promise<At> {
  const files = tempDirectory()
  const clock = sharedClock(files.path)
  let ahead = 0
  let reaper: Running | undefined
  const world = await startWorld({
    targets: [
      {
        name: 'staging-db',
        description: 'Staging database',
        maxDuration: '8h',
        labels: ['env=staging'],
        renewEvery: `${SLICE}m`,
      },
    ],
    accessToken: '1h',
    endpointEnv: clock.env,
    ...options,
  })
  onTestFinished(async () => {
    reaper?.kill('SIGKILL')
    await reaper?.done // or it would write while its home is removed
    await world.close()
    files.remove()
  })
  const alice = world.person('alice', clock.env)
  alice.writeCredentials(OWN)
  await must(alice.logIn())
  const { stdout } = await must(
    alice.jit('elevate', 'staging-db', '--for', `${minutes}m`, '--reason', 'migration', '--deliver', deliver, '--json'),
  )
  await eventually(() => killReapersOf(alice.home).length, 1)
  reaper = alice.startOther(process.execPath, '--jitless', path.join(process.cwd(), 'bin/jit.js'), 'reap') // as elevate starts it
  return {
    world,
    alice,
    reaper,
    grant: /"(g_\w{26})"/.exec(stdout)?.[1] ?? '',
    time: (to) => {
      world.aws.clock.advance(to * 60 - ahead)
      ahead = to * 60
      clock.set(ahead)
    },
  }
}

async function must<T extends { readonly code: number | null; readonly stderr: string }>(
  running: Promise<T>,
): Promise<T> {
  const ended = await running
  expect([ended.code, ended.code === 0 ? '' : ended.stderr]).toEqual([0, ''])
  return ended
}

const readKeys = object({ AccessKeyId: string, SecretAccessKey: string, SessionToken: string, Expiration: string })

/** What an SDK gets. */
async function served(alice: PersonHome): Promise<Keys & { readonly until: number }> {
  const { stdout } = await must(alice.jit('credential-process', 'staging-db'))
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = readKeys(JSON.parse(stdout), 'answer')
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    until: Date.parse(Expiration),
  }
}

/** `ok` or AWS's error code. */
async function readsBucket({ world }: At, keys: Keys): Promise<string> {
  const { status, code } = await signedCall(world.aws.url, keys, { service: 's3', path: '/orders/today.csv' })
  return status === 200 ? 'ok' : (code ?? String(status))
}
const exchanges = ({ world }: At): number =>
  world.aws.requests.filter(({ action, outcome }) => action === 'AssumeRoleWithWebIdentity' && outcome === 'ok').length

describe.skipIf(!hasFaketime).concurrent('a grant that is longer than a slice', () => {
  test('is renewed before each slice ends, and clients never see a gap; the cloud ends each with its slice', async (context) => {
    const at = await longGrant(context, LONG)
    const first = await served(at.alice)
    expect(await readsBucket(at, first)).toBe('ok')

    at.time(RENEWED_AFTER + 1)
    expect(await eventually(() => exchanges(at), 2, SOON)).toBe(2)
    const renewed = async () => (await served(at.alice)).accessKeyId !== first.accessKeyId
    expect(await eventually(renewed, true, SOON)).toBe(true)
    const second = await served(at.alice)
    expect(at.alice.credentials()).toContain(second.sessionToken)
    expect(at.alice.credentials()).not.toContain(first.sessionToken)
    expect([await readsBucket(at, first), await readsBucket(at, second)]).toEqual(['ok', 'ok'])
    expect(second.until - first.until).toBeGreaterThan((LONG - SLICE - 1) * 60_000)

    at.time(SLICE + 1)
    expect([await readsBucket(at, first), await readsBucket(at, second)]).toEqual(['ExpiredToken', 'ok'])
    expect(exchanges(at)).toBe(2)

    at.time(LONG)
    expect(await readsBucket(at, second)).toBe('AccessDenied') // by the fence
    expect(await eventually(() => at.alice.credentials(), OWN, SOON)).toBe(OWN)
  })

  test('and was ended from elsewhere is wiped here without waiting for its next slice, and jit status says so', async (context) => {
    const at = await longGrant(context, 60)
    const elsewhere = await jitPerson(at.world.endpoint.url, 'alice')
    context.onTestFinished(() => elsewhere.remove())
    const keys = await served(at.alice)
    await elsewhere.api.endGrant(at.grant, new AbortController().signal)
    expect(await eventually(() => at.alice.credentials(), OWN, SOON)).toBe(OWN)
    expect(exchanges(at)).toBe(1)
    expect(await at.reaper.done).toMatchObject({ code: 0 }) // nothing is left to do
    const status = await must(at.alice.jit('status'))
    expect(status.stderr).toContain('The grant for staging-db was ended at the endpoint')
    expect(status.stderr).toContain('jit elevate staging-db --reason TEXT')
    expect(JSON.parse((await must(at.alice.jit('status', '--json'))).stdout)).toMatchObject({
      grants: [],
      ended: [{ grant: at.grant, target: 'staging-db', code: 'GRANT_ENDED' }],
    })
    const refused = await at.alice.jit('credential-process', 'staging-db')
    expect(refused).toMatchObject({ code: 3, stdout: '' })

    at.time(SLICE + 1)
    expect(await readsBucket(at, keys)).toBe('ExpiredToken')
  })

  test('lapses where the login has run out, says why and what to type, and goes on after jit login', async (context) => {
    const at = await longGrant(context, 60, {
      idp: { refreshTokens: false },
      accessToken: '5m',
    })
    const first = await served(at.alice)
    at.time(RENEWED_AFTER + 1)
    const why = async () => (await at.alice.jit('status')).stderr
    expect(await eventually(async () => (await why()).includes('could not be renewed yet'), true, SOON)).toBe(true)
    expect(await why()).toContain('Type: jit login')
    expect((await served(at.alice)).accessKeyId).toBe(first.accessKeyId) // good to its end

    at.time(SLICE + 1)
    const refused = await at.alice.jit('credential-process', 'staging-db')
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('Type: jit login')
    const status = await at.alice.jit('status')
    expect(status.stderr).toMatch(/staging-db: lapsed; aws no longer takes what lies here\. .*Type: jit login/)
    expect(status.stdout).toContain('lapsed')
    expect(exchanges(at)).toBe(1)

    at.time(0) // where the identity provider is
    await longerSessions(at.world)
    await must(at.alice.logIn())
    at.time(SLICE + 1)
    const again = async () => (await at.alice.jit('credential-process', 'staging-db')).code
    expect(await eventually(again, 0, SOON)).toBe(0)
    expect(await readsBucket(at, await served(at.alice))).toBe('ok')
    expect(exchanges(at)).toBe(2)
    const mended = await at.alice.jit('status')
    expect([mended.stderr, mended.stdout.includes('lapsed')]).toEqual(['', false])
    expect(JSON.parse((await at.alice.jit('status', '--json')).stdout)).toMatchObject({ grants: [{ grant: at.grant }] })
  })

  test('and whose reaper is dead is renewed by whoever asks: 20 at once, one exchange, no error', async (context) => {
    const at = await longGrant(context, 60)
    at.reaper.kill('SIGKILL')
    await at.reaper.done
    const first = await served(at.alice)
    at.time(SLICE + 1)
    const all = await Promise.all(Array.from({ length: 20 }, () => served(at.alice)))
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(1)
    expect(all[0]?.accessKeyId).not.toBe(first.accessKeyId)
    expect(exchanges(at)).toBe(2)
    const inChild = await must(at.alice.jit('exec', 'staging-db', '--', 'sh', '-c', 'echo $AWS_SESSION_EXPIRATION'))
    expect(Date.parse(inChild.stdout.trim())).toBe(all[0]?.until)
  })

  test('in process mode comes back after a reboot took the private files, for whoever asks first', async (context) => {
    const at = await longGrant(context, 60, { deliver: 'process' })
    const first = await served(at.alice)
    expect(at.alice.credentials()).toBe(OWN)
    rmSync(path.join(at.alice.env['XDG_RUNTIME_DIR'] ?? '', 'jit'), { recursive: true })
    const all = await Promise.all(Array.from({ length: 5 }, () => served(at.alice)))
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(1)
    expect(all[0]?.accessKeyId).not.toBe(first.accessKeyId)
    expect(await readsBucket(at, await served(at.alice))).toBe('ok')
    expect(exchanges(at)).toBe(2)
    await must(at.alice.jit('revoke', '--all'))
    expect(filesHolding(at.alice.home, [all[0]?.sessionToken ?? ''])).toEqual([])
  })

  test('is wiped on time while its renewal hangs at an endpoint that never answers', async (context) => {
    const minutes = SLICE + 2
    const at = await longGrant(context, minutes)
    await at.world.endpoint.stop('SIGKILL')
    const hung = await listenForGood(context, Number(new URL(at.world.endpoint.url).port))
    at.time(RENEWED_AFTER + 1)
    expect(await eventually(() => hung() > 0, true, SOON)).toBe(true)
    at.time(minutes - 1)
    expect(at.alice.credentials()).not.toBe(OWN)
    at.time(minutes)
    const from = performance.now()
    expect(await eventually(() => at.alice.credentials(), OWN, SOON)).toBe(OWN)
    expect(performance.now() - from).toBeLessThan(PROMPTLY_MS)
    expect(hung()).toBeGreaterThan(0) // still waiting for its answer
  })
})

async function longerSessions({ endpoint }: World): Promise<void> {
  const config = readFileSync(endpoint.config, 'utf8')
  writeFileSync(endpoint.config, config.replace('accessToken: 5m', 'accessToken: 1h'))
  await endpoint.stop()
  await endpoint.start()
}

/** Takes connections and says nothing. Tells how many are open. */
async function listenForGood({ onTestFinished }: TestContext, port: number): Promise<() => number> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return () => open.size
}
