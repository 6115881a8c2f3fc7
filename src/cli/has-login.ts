import { loginFile } from '../client/identity/login-file.ts'
import { ifExists } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import type { OwnPlaces } from './own-places.ts'

/** Whether somebody logged in here, as far as a file name tells: no key store is opened. */
export const hasLogin = ({ login }: Pick<OwnPlaces, 'login'>): boolean =>
  ifExists(() => nodeFileSystem.stat(loginFile(login().directory))) !== undefined
