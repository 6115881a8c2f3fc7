import { spawn } from 'node:child_process'

/** Starts a program and leaves it alone; false where it could not be started. Never through a shell. */
export type Launch = (program: string, args: readonly string[]) => Promise<boolean>

/** Asks the desktop to show `url`. False: it could not, so the person must open it. Only http(s) is ever handed over. */
export async function openBrowser(
  url: string,
  platform: NodeJS.Platform,
  launch: Launch = systemLaunch,
): Promise<boolean> {
  if (!/^https?:$/.test(new URL(url).protocol)) return false
  const [program, ...args] = OPENER[platform] ?? ['xdg-open']
  return program === undefined ? false : launch(program, [...args, new URL(url).href])
}

/** rundll32 rather than `start`: that is a word of cmd.exe, where `&` in a URL starts the next command. */
const OPENER: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

const systemLaunch: Launch = (program, args) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore', windowsHide: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
