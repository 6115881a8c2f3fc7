import path from 'node:path'
import { type Ended, launch } from './launch.ts'

const BIN = path.resolve(import.meta.dirname, '../../bin/jit-endpoint.js')

/** One command of the built `jit-endpoint`, to its end, in a bare environment. */
export const runEndpoint = (args: readonly string[]): Promise<Ended> =>
  launch(process.execPath, [BIN, ...args], { PATH: process.env['PATH'] ?? '' }).done
