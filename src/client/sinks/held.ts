import type { FileSystem } from '../../platform/files.ts'
import type { Held } from './clouds/types.ts'
import { readThrough } from './target-path.ts'

/** Whether what lies there is still ours: a later lease may have taken it over. */
export const isHeld = (fs: FileSystem, { path, text }: Held): boolean => readThrough(fs, path)?.includes(text) === true
