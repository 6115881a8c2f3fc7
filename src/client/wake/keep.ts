import { join } from 'node:path'
import { attempt, makeDirectories, readFile, replaceFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { shortHash } from '../../platform/machine.ts'
import type { Program } from '../../platform/processes.ts'
import type { WakeLayer } from './types.ts'

export type Keeping = {
  readonly layer: WakeLayer
  readonly program: Program
  readonly fs: FileSystem
  readonly root: string
}
export type Kept = 'there' | 'installed' | 'unavailable' | 'unwanted'

const UNWANTED = 'removed\n'
const fileIn = (root: string): string => join(root, 'wake')

/**
 * What each delivery asks for: the layer as it should be. One small read where it is known to be; a jit that was moved or upgraded
 * is noticed by its path. One that was removed by wish stays away.
 */
export async function keepLayer({ layer, program, fs, root }: Keeping): Promise<Kept> {
  const noted = note(fs, root)
  if (noted === UNWANTED) return 'unwanted'
  if (noted === noteOf(layer, program)) return 'there'
  if (!layer.isAvailable()) return 'unavailable'
  await installLayer({ layer, program, fs, root })
  return 'installed'
}

/** By wish, so it counts again from now on. */
export async function installLayer({ layer, program, fs, root }: Keeping): Promise<void> {
  await layer.install(program)
  write(fs, root, noteOf(layer, program))
}

/** By wish, so no delivery brings it back. Whether there was one. */
export async function removeLayer({ layer, fs, root }: Omit<Keeping, 'program'>): Promise<boolean> {
  write(fs, root, UNWANTED)
  return layer.remove()
}

export const isUnwanted = ({ fs, root }: Pick<Keeping, 'fs' | 'root'>): boolean => note(fs, root) === UNWANTED

const noteOf = ({ name }: WakeLayer, program: Program): string =>
  `installed ${shortHash(JSON.stringify([name, program.file, program.args, program.env]))}\n`

function note(fs: FileSystem, root: string): string | undefined {
  let text: string | undefined
  attempt(() => (text = readFile(fs, fileIn(root))?.toString('utf8'))) // unreadable: installed once too often
  return text
}

function write(fs: FileSystem, root: string, text: string): void {
  makeDirectories(fs, root)
  replaceFile(fs, fileIn(root), `${fileIn(root)}.tmp`, Buffer.from(text))
}
