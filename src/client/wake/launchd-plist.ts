import type { Program } from '../../platform/processes.ts'
import { MARK } from './own-file.ts'
import { xml } from './xml.ts'

/**
 * launchd.plist(5). `StartInterval` may miss its moment in sleep and goes on a minute later; a calendar moment that was missed
 * starts the job at wake-up; `RunAtLoad` does at login.
 */
export const launchdPlist = (label: string, { file, args, env }: Program): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<!-- ${MARK} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xml(label)}</string>
  <key>ProgramArguments</key>
  <array>
${[file, ...args].map((each) => `    <string>${xml(each)}</string>\n`).join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${Object.entries(env)
  .map(([name, value]) => `    <key>${xml(name)}</key>\n    <string>${xml(value)}</string>\n`)
  .join('')}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>StartInterval</key>
  <integer>60</integer>
  <key>StartCalendarInterval</key>
  <array>
${[0, 10, 20, 30, 40, 50].map((minute) => `    <dict>\n      <key>Minute</key>\n      <integer>${minute}</integer>\n    </dict>\n`).join('')}  </array>
  <key>LimitLoadToSessionType</key>
  <array>
    <string>Aqua</string>
    <string>Background</string>
  </array>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
`
