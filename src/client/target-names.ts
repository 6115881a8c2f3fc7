import { join } from 'node:path'
import { TARGET_NAME } from '../contract/target.ts'
import { attempt, makeDirectories, readFile, removeFile } from '../platform/durable.ts'
import type { FileSystem } from '../platform/files.ts'
import type { ApprovalApi } from './approval/types.ts'
import { replaceHint } from './leases/hint.ts'

/** Names of targets that the endpoint offered last, one a line, for completions; in the state directory. */
const TARGET_NAMES = 'targets'

/** Only a help for typing: no failure here is worth a word. */
function rememberTargetNames(fs: FileSystem, state: string, names: readonly string[]): void {
  const file = join(state, TARGET_NAMES)
  const bytes = Buffer.from(
    names
      .filter((name) => TARGET_NAME.test(name))
      .map((name) => `${name}\n`)
      .join(''),
  )
  attempt(() => {
    if (readFile(fs, file)?.equals(bytes) === true) return
    makeDirectories(fs, state)
    replaceHint(fs, file, bytes)
  })
}

export const forgetTargetNames = (fs: FileSystem, state: string): void =>
  void attempt(() => removeFile(fs, join(state, TARGET_NAMES)))

/** The same API; what it says of targets is kept for completions. */
export const keepingTargetNames = (api: ApprovalApi, fs: FileSystem, state: string): ApprovalApi => ({
  ...api,
  get jkt() {
    return api.jkt
  },
  targets: async (signal) => {
    const targets = await api.targets(signal)
    rememberTargetNames(
      fs,
      state,
      targets.map(({ name }) => name),
    )
    return targets
  },
})
