import { isAbsolute, join } from 'node:path'
import { JitError } from '../../base/errors.ts'
import type { Program } from '../../platform/processes.ts'
import { MARK } from './own-file.ts'

/**
 * A service that costs nothing while no lease lives: systemd looks at two directories and starts no process. A `jit` that was
 * uninstalled without `jit doctor --remove-layers` is no failure every minute either. systemd.unit(5), systemd.service(5).
 */
export const serviceUnit = ({ file, args, env }: Program, root: string): string =>
  `# ${MARK}
[Unit]
Description=Removes cloud credentials whose time is up (jit)
${[file, ...args]
  .filter(isAbsolute)
  .map((each) => `ConditionPathExists=${path(each)}\n`)
  .join('')}ConditionDirectoryNotEmpty=|${path(join(root, 'leases'))}
ConditionDirectoryNotEmpty=|${path(join(root, 'outbox'))}

[Service]
Type=oneshot
ExecStart=${[executable(file), ...args.map(argument)].join(' ')}
${Object.entries(env)
  .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`)
  .join('')}UMask=0077
TimeoutStartSec=5min
LogLevelMax=notice
`

/**
 * By the calendar: monotonic timers (`OnUnitActiveSec`, `systemd-run --on-active`) stand still in suspend, a calendar timer that was missed
 * elapses at wake-up. `Persistent` does the same for a time without a service manager. Without `AccuracySec` it may be a minute late.
 * systemd.timer(5).
 */
export const timerUnit = (): string =>
  `# ${MARK}
[Unit]
Description=Every minute: remove cloud credentials whose time is up (jit)

[Timer]
OnCalendar=minutely
OnStartupSec=5s
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
`

/** Conditions take the rest of the line; only specifiers mean something there. */
const path = (text: string): string => text.replaceAll('%', '%%')

const quoted = (text: string): string => `"${path(text).replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`

/** systemd replaces no variables in the name of a program, and takes none with these characters in any spelling. */
function executable(file: string): string {
  if (/[\\"'\p{Cc}]/u.test(file))
    throw new JitError(
      'FILE_REFUSED',
      `systemd starts no program from ${file}.`,
      'Install Node where the path is a simple one.',
    )
  return quoted(file)
}

/** In a command line systemd replaces variables as well. */
const argument = (text: string): string => quoted(text).replaceAll('$', '$$$$')
