import { systemClock } from '../../platform/clock.ts'
import { assertHome, homeOf } from '../../platform/machine.ts'
import { standardOutput } from '../../platform/output.ts'
import { openInstallation } from '../installation.ts'
import { readSwitches } from '../switches.ts'
import { noPaint } from '../ui/paint.ts'
import { renderError } from '../ui/render-error.ts'
import { inertFor, openTerminal } from '../ui/terminal.ts'
import { credentialProcess } from './credential-process.ts'
import { gcpCredential } from './gcp-credential.ts'
import { kubeCredential } from './kube-credential.ts'
import { fastStatus } from './status.ts'
import type { Fast } from './types.ts'

/**
 * What SDKs and prompts start by the hundred, bundled into a file of its own: each file that Node loads costs a thirtieth of
 * its start. Resolves with false where the whole program must do it; bin/jit.js then starts that.
 */
export async function main(): Promise<boolean> {
  const [name, ...rest] = process.argv.slice(2)
  const fast = commandOf(name)
  if (fast === undefined) return false
  const switches = readSwitches(rest, process.env)
  const output = standardOutput(process)
  try {
    const terminal = () => openTerminal(process, switches)
    const host = { process, home: homeOf(), script: process.argv[1] ?? '' }
    const installation = openInstallation(host)
    assertHome(installation.places)
    return await fast(rest, { host, installation, output, terminal, clock: systemClock, env: process.env, switches })
  } catch (error) {
    const { text, exitCode } = renderError(error, { ...switches, paint: noPaint })
    output.note(inertFor(process.env)(text))
    process.exitCode = exitCode
    return true
  }
}

function commandOf(name: string | undefined): Fast | undefined {
  if (name === 'credential-process') return credentialProcess
  if (name === 'kube-credential') return kubeCredential
  if (name === 'gcp-credential') return gcpCredential
  return name === 'status' ? fastStatus : undefined
}
