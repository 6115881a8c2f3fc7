import { join } from 'node:path'
import { LOGIN_FILE } from '../client/identity/store.ts'
import { ifExists } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import type { Installation } from './installation.ts'

/** Whether somebody logged in here, as far as a file name tells: no key store is opened. */
export const hasLogin = ({ login }: Pick<Installation, 'login'>): boolean =>
  ifExists(() => nodeFileSystem.stat(join(login().directory, LOGIN_FILE))) !== undefined
