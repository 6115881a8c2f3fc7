import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { callAddon, startAddon } from '../../../src/platform/keychain/addon.ts'
import { chooseKeyStore } from '../../../src/platform/keychain/choose.ts'
import { readPassphrase } from '../../../src/platform/keychain/passphrase.ts'
import { passphraseFileKeyStore } from '../../../src/platform/keychain/passphrase-file.ts'
import { systemKeyStore } from '../../../src/platform/keychain/system.ts'
import { eventually } from '../../support/eventually.ts'
import { hasSecretService, startSecretService, startSilentBus } from '../../support/secret-service.ts'

const directory = mkdtempSync(join(tmpdir(), 'jit-keychain-'))
afterAll(() => rmSync(directory, { recursive: true }))

const KEY = Buffer.alloc(32, 7)
const CHOICES = /JIT_KEY_STORE=keyutils.*JIT_KEY_STORE=passphrase-file.*JIT_KEY_STORE=memory.*jit login --key-store/

describe.skipIf(process.platform !== 'linux')('the system keychain', () => {
  const onBus = (env: NodeJS.ProcessEnv, limitMs?: number) =>
    systemKeyStore('linux', (call) => callAddon(call, { env, ...(limitMs !== undefined && { limitMs }) }))

  test('that is missing is an error whose hint lists the choices', async () => {
    await expect(onBus({ HOME: directory }).get('x')).rejects.toMatchObject({
      code: 'SECRET_STORE',
      message: expect.stringMatching(/^The Secret Service cannot be used: /),
      hint: expect.stringMatching(CHOICES),
    })
  })

  test('that hangs is given up, and the process can end', async () => {
    const bus = await startSilentBus()
    const script = `
      const { callAddon } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/platform/keychain/addon.ts'))})
      await callAddon({ store: 'system', operation: 'get', item: 'x' }, { limitMs: 300 }).catch((e) => console.log(e.kind))`
    const child = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env: bus.env })
    expect((await child).stdout).toBe('timeout\n')
    await expect(onBus(bus.env, 300).set('x', KEY)).rejects.toMatchObject({
      code: 'SECRET_STORE',
      message: 'The Secret Service cannot be used: it did not answer within 0.3 seconds.',
      hint: expect.stringMatching(CHOICES),
    })
    await bus.close()
  })

  test.skipIf(!hasSecretService)('that is locked with nobody to unlock it is an error with the choices', async () => {
    const service = await startSecretService({ locked: true })
    await expect(onBus(service.env).set('x', KEY)).rejects.toMatchObject({
      code: 'SECRET_STORE',
      hint: expect.stringMatching(CHOICES),
    })
    await service.close()
  })

  test('gets keys over a pipe, not in arguments or environment', async () => {
    const bus = await startSilentBus()
    const call = callAddon({ store: 'system', operation: 'set', item: 'x', key: KEY }, { env: bus.env, limitMs: 400 })
    const mine = readdirSync('/proc').filter((pid) => parentOf(pid) === process.pid && pid !== String(process.pid))
    const seen = mine.map((pid) => ['cmdline', 'environ'].map((file) => read(`/proc/${pid}/${file}`)).join(''))
    expect(seen.some((text) => text.includes('@napi-rs/keyring'))).toBe(true)
    expect(seen.join('')).not.toContain(KEY.toString('base64').slice(0, 20))
    await expect(call).rejects.toMatchObject({ kind: 'timeout' })
    await bus.close()
  })
})

describe.skipIf(process.platform !== 'linux')('a client of the keychain that waits', () => {
  const childrenOf = (parent: number): readonly number[] =>
    readdirSync('/proc')
      .map(Number)
      .filter((pid) => parentOf(String(pid)) === parent && read(`/proc/${pid}/cmdline`).includes('@napi-rs/keyring'))
  const reads = (pid: number | undefined): boolean => /^\d+ 0x0 /.test(read(`/proc/${pid}/syscall`)) // …from descriptor 0

  test('asks the keychain nothing before it is asked itself', async () => {
    let connections = 0
    const bus = createServer((socket) => void (connections++, socket.resume().on('error', () => socket.destroy())))
    const path = join(directory, 'bus')
    await new Promise<void>((resolve) => bus.listen(path, resolve))
    const env = { HOME: directory, DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }
    const client = startAddon({ env, limitMs: 400 })
    expect(await eventually(() => childrenOf(process.pid).some(reads), true)).toBe(true)
    expect(connections).toBe(0)
    await expect(client.ask({ store: 'system', operation: 'get', item: 'x' })).rejects.toMatchObject({
      kind: 'timeout',
    })
    expect(connections).toBeGreaterThan(0)
    await new Promise((resolve) => bus.close(resolve))
  })

  test('and is never asked ends with the process that started it', async () => {
    const addon = JSON.stringify(join(import.meta.dirname, '../../../src/platform/keychain/addon.ts'))
    const script = `(await import(${addon})).startAddon(); process.stdin.resume()`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    expect(await eventually(() => childrenOf(parent.pid ?? 0).some(reads), true)).toBe(true)
    const [pid] = childrenOf(parent.pid ?? 0)
    parent.kill('SIGKILL')
    expect(await eventually(() => read(`/proc/${pid}/cmdline`), '')).toBe('')
  })
})

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
const parentOf = (pid: string): number => Number(/\nPPid:\s(\d+)/.exec(read(`/proc/${pid}/status`))?.[1])

describe('the passphrase file', () => {
  const store = (passphrase: string) =>
    passphraseFileKeyStore(join(directory, 'keys'), async () => new Secret(passphrase))

  test('is 0600 in a 0700 directory and shows neither key nor passphrase', async () => {
    await store('correct horse').set('one', KEY)
    const path = join(directory, 'keys', 'one.key.json')
    expect([statSync(path).mode & 0o777, statSync(join(directory, 'keys')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(readFileSync(path, 'utf8')).not.toMatch(new RegExp(`${KEY.toString('base64').slice(0, 16)}|correct|horse`))
  })

  test('does not open with another passphrase, nor under another name', async () => {
    await store('correct horse').set('one', KEY)
    await expect(store('wrong horse').get('one')).rejects.toMatchObject({ code: 'SECRET_STORE' })
    const path = join(directory, 'keys', 'one.key.json')
    writeFileSync(join(directory, 'keys', 'two.key.json'), readFileSync(path))
    await expect(store('correct horse').get('two')).rejects.toMatchObject({ code: 'SECRET_STORE' })
  })

  test('that is torn, or was weakened, is an error that names it', async () => {
    await store('correct horse').set('one', KEY)
    const path = join(directory, 'keys', 'one.key.json')
    const good = readFileSync(path, 'utf8')
    for (const bad of [good.slice(0, 40), '', good.replace('131072', '1024'), good.replace('131072', '999999999')]) {
      writeFileSync(path, bad)
      await expect(store('correct horse').get('one')).rejects.toMatchObject({
        code: 'SECRET_STORE',
        message: `The key file ${path} cannot be read.`,
      })
    }
  })

  test('without a passphrase asks for one by its variables, at the first use only', async () => {
    const chosen = chooseKeyStore('passphrase-file', { platform: 'linux', env: {}, stateDirectory: directory })
    await expect(chosen.set('one', KEY)).rejects.toMatchObject({
      code: 'SECRET_STORE',
      hint: expect.stringContaining('JIT_PASSPHRASE_FD=3 3<'),
    })
  })
})

describe('the passphrase', () => {
  const file = join(directory, 'passphrase')

  test('comes from a private file, without its final newline', async () => {
    writeFileSync(file, 'correct horse \n', { mode: 0o600 })
    expect((await readPassphrase({ JIT_PASSPHRASE_FILE: file })).reveal()).toBe('correct horse ')
  })

  test.skipIf(process.platform === 'win32')('is not taken from a file that others can read', async () => {
    const open = join(directory, 'open')
    writeFileSync(open, 'x', { mode: 0o644 })
    await expect(readPassphrase({ JIT_PASSPHRASE_FILE: open })).rejects.toMatchObject({
      code: 'SECRET_STORE',
      message: `Others can read the passphrase file ${open}.`,
      hint: expect.stringContaining(`chmod 600 '${open}'`),
    })
  })

  test('that is empty, missing or not to be found is an error', async () => {
    const empty = join(directory, 'empty')
    writeFileSync(empty, '\n', { mode: 0o600 })
    for (const env of [{ JIT_PASSPHRASE_FILE: empty }, { JIT_PASSPHRASE_FILE: join(directory, 'no') }, {}])
      await expect(readPassphrase(env)).rejects.toMatchObject({ code: 'SECRET_STORE' })
    for (const fd of ['-1', 'x', '99999']) {
      await expect(readPassphrase({ JIT_PASSPHRASE_FD: fd })).rejects.toMatchObject({ code: 'SECRET_STORE' })
    }
  })

  test('comes from a descriptor: a pipe or a file; a pipe that never ends is given up', async () => {
    writeFileSync(file, 'correct horse\n', { mode: 0o600 })
    expect(await fromDescriptor(`printf 'correct horse\\n' | { node 3<&0; }`, 5000)).toBe('correct horse')
    expect(await fromDescriptor(`node 3<'${file}'`, 5000)).toBe('correct horse')
    expect(await fromDescriptor(`sleep 60 | { node 3<&0; kill $!; }`, 300)).toBe('SECRET_STORE')
  })
})

/** Runs `readPassphrase` in a process with descriptor 3, as `command` (where `node` stands for that process) sets it up. */
async function fromDescriptor(command: string, limitMs: number): Promise<string> {
  const module = join(import.meta.dirname, '../../../src/platform/keychain/passphrase.ts')
  const script = `
    const { readPassphrase } = await import(${JSON.stringify(module)})
    await readPassphrase({ JIT_PASSPHRASE_FD: '3' }, ${limitMs}).then((p) => console.log(p.reveal()), (e) => console.log(e.code))`
  const scriptFile = join(directory, 'read.mjs')
  writeFileSync(scriptFile, script)
  const child = spawn('sh', ['-c', command.replace('node', `'${process.execPath}' '${scriptFile}'`)], {
    detached: true,
  })
  return new Promise((resolve) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => {
      resolve(text.trim())
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL') // the writer that never ends
    })
  })
}
