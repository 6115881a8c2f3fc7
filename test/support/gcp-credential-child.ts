// Stands for `jit gcp-credential TARGET`: the answer that Google's libraries ask for, from a file instead of the sealed one.
import { existsSync, readFileSync } from 'node:fs'
import { JitError } from '../../src/base/errors.ts'
import { gcpExecutableAnswer } from '../../src/client/sinks/clouds/gcp-executable.ts'

const [command, target] = process.argv.slice(2)
if (command !== 'gcp-credential' || target === undefined) throw new Error(`asked for ${process.argv.join(' ')}`)
const path = process.env['TEST_SUBJECT_TOKEN'] ?? ''
const found = existsSync(path)
  ? { subjectToken: readFileSync(path, 'utf8'), endsAt: Date.now() + 600_000 }
  : new JitError('NOT_FOUND', `No active grant for ${target} on this machine.`, `Type: jit elevate ${target}`)
console.log(JSON.stringify(gcpExecutableAnswer(found)))
