import { join } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { integer, object, oneOf, type Reader, string } from '../../contract/narrow.ts'
import { readMe } from '../../contract/session.ts'
import { attempt, ifExists, removeFile } from '../../platform/durable.ts'
import { nodeFileSystem } from '../../platform/files.ts'
import { readJsonFile, removeJsonFile, writeJsonFile } from '../../platform/json-file.ts'
import { shortHash } from '../../platform/machine.ts'
import { readDpopKey } from './dpop.ts'
import type { JobLogin } from './types.ts'

/** The login of one job. Callers hold the lock `login` around `load` + `save`, and around `delete`. */
export interface JobLoginStore {
  /** `undefined`: this job has not logged in yet, or what lies there is no login of it. */
  load(): JobLogin | undefined
  save(login: JobLogin): void
  /** Whether there was one. */
  delete(): boolean
  /** Removes what jobs left here that were killed, and that no job can want any more. `now`: ms since 1970. */
  forgetOthers(now: number): void
}

/** No access token lives near it, and hardly a job. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000
const NAME = /^job-[0-9a-f]{16}\.json$/

const readFormat = object({ format: oneOf('jit-job-1') })
const readJobLogin: Reader<JobLogin> = object({
  endpoint: string,
  job: string,
  me: readMe,
  dpopKey: readDpopKey,
  accessToken: string,
  accessTokenExpiresAt: integer,
})

/** `runtime`: the runtime directory, which is private. `job` names job and platform. */
export function jobLoginStore({
  runtime,
  endpoint,
  job,
}: {
  readonly runtime: string
  readonly endpoint: string
  readonly job: string
}): JobLoginStore {
  const path = join(runtime, `job-${shortHash(JSON.stringify([endpoint, job]))}.json`)
  return {
    load() {
      try {
        const json = readJsonFile(path)
        if (json === undefined) return undefined
        readFormat(json, 'file')
        const login = readJobLogin(json, 'file')
        return login.endpoint === endpoint && login.job === job ? login : undefined
      } catch {
        return undefined // torn, or another version's: a job can log in anew at any time
      }
    },
    save(login) {
      try {
        writeJsonFile(path, { format: 'jit-job-1', ...login })
      } catch (error) {
        throw new JitError(
          'WRITE_FAILED',
          `The login of this job could not be written to ${path} (${errnoOf(error) ?? 'unknown cause'}).`,
          'Make room, or name another directory: JIT_RUNTIME_DIR',
          { cause: error },
        )
      }
    },
    delete() {
      const was = readable(path)
      removeJsonFile(path)
      return was
    },
    forgetOthers(now) {
      for (const name of ifExists(() => nodeFileSystem.readdir(runtime)) ?? [])
        attempt(() => {
          const other = join(runtime, name)
          if (!NAME.test(name) || other === path) return
          const { mtimeNs } = nodeFileSystem.lstat(other)
          if (now - Number(mtimeNs / 1_000_000n) > FORGOTTEN_AFTER_MS) removeFile(nodeFileSystem, other)
        })
    },
  }
}

function readable(path: string): boolean {
  try {
    return readJsonFile(path) !== undefined
  } catch {
    return true // there is something
  }
}
