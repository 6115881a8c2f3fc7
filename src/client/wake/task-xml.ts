import type { Program } from '../../platform/processes.ts'
import { MARK } from './own-file.ts'
import { xml } from './xml.ts'

/**
 * Task Scheduler schema 1.2 (learn.microsoft.com, "Task Scheduler Schema"). For this user alone (`sid`), with the rights of a
 * login that is there: no password is kept and none is asked for. One trigger, repeated without end, because triggers at
 * login need an administrator on some machines; `StartWhenAvailable` makes up for what was missed. By default a task neither starts nor
 * goes on where a laptop runs on battery. `conhost --headless`: node is a console program, and a window would open every minute.
 */
export const taskXml = (sid: string, { file, args }: Pick<Program, 'file' | 'args'>): string =>
  `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>jit</Author>
    <Description>${xml(MARK)} Removes cloud credentials whose time is up.</Description>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Repetition>
        <Interval>PT1M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
      <Enabled>true</Enabled>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${xml(sid)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>true</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT5M</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%SystemRoot%\\System32\\conhost.exe</Command>
      <Arguments>${xml(['--headless', quoted(file), ...args.map(quoted)].join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`

/** As `CommandLineToArgvW` takes it apart again: backslashes count only before a quotation mark. */
export const quoted = (argument: string): string =>
  `"${argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
