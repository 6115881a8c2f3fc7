import { terminalText } from '../../base/terminal-text.ts'
import type { LoginMessage, LoginOrder, LoginResult } from '../../client/login.ts'
import type { Busy } from './busy.ts'
import type { Terminal } from './terminal.ts'

/** What a person has to do to log in. */
export function showLogin(terminal: Terminal, message: LoginMessage): void {
  const strong = terminal.paint.note.strong
  if (message.kind === 'browser') {
    if (message.opened) terminal.note('Waiting for the login in your browser. If it did not open, go to:')
    else terminal.note('Log in with a browser on this machine at:')
    return terminal.note(`  ${terminalText(message.url)}`)
  }
  const { verificationUrl, userCode, completeUrl } = message.code
  terminal.note(`Go to ${strong(terminalText(verificationUrl))} and type the code ${strong(terminalText(userCode))}`)
  if (completeUrl !== undefined) terminal.note(`Or open: ${terminalText(completeUrl)}`)
  terminal.note('Never type a code that somebody sent you.')
}

export function loggedInText({ endpoint, me, kept }: LoginResult): string {
  const { name, email } = me.person
  const who = terminalText(`Logged in to ${endpoint} as ${email ?? name}.`)
  return kept
    ? who
    : `${who} Nothing was kept: with --key-store memory a login ends with its command. To stay: jit login --key-store passphrase-file`
}

/** Logs in, and says meanwhile who is waited for. */
export async function busyLogin(
  busy: Busy,
  order: LoginOrder,
  login: (order: LoginOrder) => Promise<LoginResult>,
): Promise<LoginResult> {
  const wait = busy.begin(`Asking ${terminalText(order.endpoint)} how to log in`)
  const show = (message: LoginMessage): void => {
    order.show(message)
    wait.show(
      message.kind === 'browser'
        ? 'Waiting for you to log in in the browser'
        : `Waiting for the code at ${terminalText(new URL(message.code.verificationUrl).host)}`,
    )
  }
  return login({ ...order, show }).finally(wait.stop)
}
