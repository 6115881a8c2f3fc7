import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Running } from './launch.ts'
import type { PersonHome } from './person.ts'

const JIT = resolve('bin/jit.js')

/** Whether this machine lets a test have mounts and processes of its own. */
export const hasNamespaces =
  spawnSync('unshare', ['-m', 'mount', '--bind', '/tmp', '/tmp']).status === 0 && process.getuid?.() === 0

/** `jit ARGS` behind other words, such as `unshare`. */
export const jitBehind = (at: PersonHome, prefix: readonly string[], args: readonly string[]): Running => {
  const [program = '', ...rest] = [...prefix, process.execPath, JIT, ...args]
  return at.startOther(program, ...rest)
}

/** A machine whose disks are as `mounts` makes them, a shell script; its arguments are `values`. */
export const mounted = (mounts: string, ...values: readonly string[]): readonly string[] => [
  'unshare',
  '-m',
  'sh',
  '-c',
  `set -e; ${mounts}; shift ${values.length}; exec "$@"`,
  'sh',
  ...values,
]

/** Another machine with the same home: its id is made of `letter`. */
export function otherMachine(directory: string, letter: string): readonly string[] {
  const file = join(directory, `machine-id-${letter}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, `${letter.repeat(32)}\n`)
  return mounted('mount --bind "$1" /etc/machine-id', file)
}

/** The kernel's answer about these directories says NFS; all else is as on the real machine. Needs strace. */
export const onNfs = (trace: string, ...directories: readonly string[]): readonly string[] => [
  'strace',
  '-f',
  '--seccomp-bpf',
  '-qq',
  '-o',
  trace,
  '-e',
  'trace=statfs',
  '-e',
  'inject=statfs:poke_exit=@arg2=6969000000000000',
  ...directories.flatMap((directory) => ['-P', directory]),
]
