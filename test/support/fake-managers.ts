import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A service manager's command on PATH: a real program that takes what the real one would take, and writes down every call. */
export type FakeManager = {
  /** First on PATH. */
  readonly bin: string
  readonly calls: () => readonly string[]
  forget(): void
  /** From now on it says no. */
  breaks(): void
  works(): void
}

function manager(directory: string, programs: Readonly<Record<string, string>>): FakeManager {
  const bin = join(directory, 'bin')
  const log = join(directory, 'calls')
  const broken = join(directory, 'broken')
  mkdirSync(bin, { recursive: true })
  for (const [name, body] of Object.entries(programs)) {
    const head = `#!/bin/sh\nat='${directory}'\necho "${name} $*" >>"$at/calls"\nlast=; for each; do last=$each; done\n`
    const no = `[ ! -e "$at/broken" ] || { echo "${name}: no answer from the manager." >&2; exit 1; }\n`
    writeFileSync(join(bin, name), `${head}${no}${body}`)
    chmodSync(join(bin, name), 0o755)
  }
  return {
    bin,
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
    forget: () => rmSync(log, { force: true }),
    breaks: () => writeFileSync(broken, ''),
    works: () => rmSync(broken, { force: true }),
  }
}

/** `systemctl --user` of systemd 252, and the socket by which its user manager is known. */
export function fakeSystemd(directory: string, { home, runtime }: { home: string; runtime: string }): FakeManager {
  const socket = join(runtime, 'systemd', 'private')
  mkdirSync(dirname(socket), { recursive: true })
  writeFileSync(socket, '')
  const body = `
[ "$1" = --user ] && shift || { echo "This is about the user's own manager." >&2; exit 64; }
units='${home}/.config/systemd/user'
verb=$1; shift
for each; do case "$each" in --quiet|--now|--what=state|*.timer) ;; *) echo "systemctl: unrecognized option '$each'" >&2; exit 1;; esac; done
case "$verb" in
  daemon-reload) [ $# = 0 ] && rm -rf "$at/loaded" && cp -r "$units" "$at/loaded" ;;
  enable) [ -f "$at/loaded/$last" ] || { echo "Failed to enable unit: Unit file $last does not exist." >&2; exit 1; }
    mkdir -p "$units/timers.target.wants" && ln -sf "$units/$last" "$units/timers.target.wants/$last" ;;
  restart) [ -f "$at/loaded/$last" ] || { echo "Failed to restart $last: Unit $last not found." >&2; exit 5; }; touch "$at/active" ;;
  is-active) [ -e "$at/active" ] || exit 3 ;;
  disable) rm -f "$units/timers.target.wants/$last" "$at/active" ;;
  clean) [ ! -e "$at/active" ] || { echo "Unit is not inactive." >&2; exit 1; } ;;
  *) echo "Unknown command verb $verb." >&2; exit 1 ;;
esac
`
  return manager(directory, { systemctl: body })
}

/** `launchctl` of macOS 14. `hasGui`: somebody is logged in at the screen. */
export function fakeLaunchd(directory: string, { hasGui }: { hasGui: boolean }): FakeManager {
  const body = `
verb=$1; domain=$2
case "$domain" in gui/501*) ${hasGui ? '' : 'echo "Domain does not support specified action" >&2; exit 125'} ;; user/501*) ;; *) exit 64 ;; esac
key=$(echo "$domain" | tr / -)
case "$verb" in
  bootstrap) [ -f "$3" ] || exit 5
    name=$(basename "$3" .plist); [ ! -e "$at/$key-$name" ] || { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }
    cp "$3" "$at/$key-$name" ;;
  bootout) [ -e "$at/$key" ] || { echo "Boot-out failed: 3: No such process" >&2; exit 3; }; rm "$at/$key" ;;
  print) [ -e "$at/$key" ] || { echo "Could not find service" >&2; exit 113; } ;;
  enable) ;;
  *) exit 64 ;;
esac
`
  return manager(directory, { launchctl: body })
}

/** `schtasks` and `whoami` of Windows 11. */
export function fakeTaskScheduler(directory: string): FakeManager {
  const schtasks = `
[ "$2" = /TN ] || exit 1
task="$at/task-$(echo "$3" | tr '\\\\' _)"
case "$1" in
  /Create) [ "$4 $6" = "/XML /F" ] && cp "$5" "$task" ;;
  /Query) [ -e "$task" ] && [ "$4" = /XML ] || { echo "ERROR: The system cannot find the file specified." >&2; exit 1; }; cat "$task" ;;
  /Delete) [ "$4" = /F ] && rm "$task" ;;
  *) echo "ERROR: Invalid argument/option - '$1'." >&2; exit 1 ;;
esac
`
  const whoami = `[ "$*" = "/user /fo csv /nh" ] && printf '"corp\\\\eve","S-1-5-21-1004336348-1177238915-682003330-512"\\r\\n'\n`
  return manager(directory, { schtasks, whoami })
}
