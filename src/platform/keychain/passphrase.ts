import { fstatSync, readFileSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { Secret } from '../../base/secret.ts'
import { KEY_STORE_LIMIT_MS, unavailable } from './unavailable.ts'

export type PassphraseEnv = { readonly JIT_PASSPHRASE_FD?: string; readonly JIT_PASSPHRASE_FILE?: string }

/** From the open descriptor or the file that the environment names; never from an argument, which others can see. */
export async function readPassphrase(env: PassphraseEnv, limitMs = KEY_STORE_LIMIT_MS): Promise<Secret> {
  const text = await passphraseText(env, limitMs)
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase === '') throw unavailable('The passphrase is empty.', NAME_ONE)
  return new Secret(passphrase)
}

const NAME_ONE = 'Give it with JIT_PASSPHRASE_FD=3 3</path/to/passphrase or JIT_PASSPHRASE_FILE=/path/to/passphrase'

async function passphraseText(env: PassphraseEnv, limitMs: number): Promise<string> {
  const { JIT_PASSPHRASE_FD: fd = '', JIT_PASSPHRASE_FILE: file = '' } = env
  if (fd === '' && file === '') throw unavailable('The key store passphrase-file needs a passphrase.', NAME_ONE)
  if (fd !== '' && !/^\d{1,5}$/.test(fd)) throw unavailable('JIT_PASSPHRASE_FD is no number.', NAME_ONE)
  try {
    return fd === '' ? readFile(file) : await readDescriptor(Number(fd), limitMs)
  } catch (error) {
    if (error instanceof JitError) throw error
    const source = fd === '' ? file : `descriptor ${fd}`
    throw unavailable(`The passphrase cannot be read from ${source} (${errnoOf(error)}).`, NAME_ONE, error)
  }
}

function readFile(path: string): string {
  const { mode } = statSync(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw unavailable(`Others can read the passphrase file ${path}.`, `Type: chmod 600 '${path}'`)
  return readFileSync(path, 'utf8')
}

/** A pipe whose writer never ends must not stop the program: a plain read of it could not be given up. */
async function readDescriptor(fd: number, limitMs: number): Promise<string> {
  if (fstatSync(fd).isFile()) return readFileSync(fd, 'utf8')
  const stream = new Socket({ fd, readable: true, writable: false })
  const timer = setTimeout(
    () => stream.destroy(unavailable(`No passphrase came from descriptor ${fd}.`, NAME_ONE)),
    limitMs,
  )
  try {
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk)
    return text
  } finally {
    clearTimeout(timer)
  }
}
