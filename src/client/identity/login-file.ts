import { join } from 'node:path'

/** Where the login of an installation lies, sealed. */
export const loginFile = (directory: string): string => join(directory, 'login.json')
