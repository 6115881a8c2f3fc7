import type { Environment } from '../base/environment.ts'
import type { Program } from './processes.ts'

export type Notice = { readonly title: string; readonly text: string }

/** What a notifier needs to reach the desktop of whoever is logged in. No secret. */
const NEEDED = [
  'PATH',
  'HOME',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'SYSTEMROOT',
  'USERPROFILE',
  'LOCALAPPDATA',
  'APPDATA',
] as const

/** The system's own notifier, by the name that it has on PATH. */
export const notifierOf = (platform: NodeJS.Platform): string =>
  platform === 'darwin' ? 'osascript' : platform === 'win32' ? 'powershell.exe' : 'notify-send'

/** The program that shows this. Its words are never part of a script: they travel as arguments, on Windows in the environment. */
export function noticeProgram({ title, text }: Notice, platform: NodeJS.Platform, env: Environment): Program {
  const own = Object.fromEntries(NEEDED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  const file = notifierOf(platform)
  if (platform === 'darwin')
    return { file, args: [...MAC.flatMap((line) => ['-e', line]), '--', title, text], env: own }
  if (platform === 'win32')
    return {
      file,
      args: ['-NoProfile', '-NonInteractive', '-WindowStyle', 'Hidden', '-Command', WINDOWS],
      env: { ...own, JIT_NOTICE_TITLE: title, JIT_NOTICE_TEXT: text },
    }
  return { file, args: ['--app-name=jit', '--icon=dialog-password', '--', title, text], env: own }
}

const MAC = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run']

/** A toast in the name of PowerShell: one in our own would need an entry in the start menu. */
const WINDOWS = [
  '$kind = [Windows.UI.Notifications.ToastTemplateType, Windows.UI.Notifications, ContentType = WindowsRuntime]::ToastText02',
  '$manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]',
  '$toast = $manager::GetTemplateContent($kind)',
  "$lines = $toast.GetElementsByTagName('text')",
  '$lines.Item(0).AppendChild($toast.CreateTextNode($env:JIT_NOTICE_TITLE)) > $null',
  '$lines.Item(1).AppendChild($toast.CreateTextNode($env:JIT_NOTICE_TEXT)) > $null',
  "$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'",
  '$manager::CreateToastNotifier($app).Show([Windows.UI.Notifications.ToastNotification]::new($toast))',
].join('; ')
