import { JitError } from '../../base/errors.ts'

/** Entra and Google keep the page for codes on another host than their issuer. Exact pages: those hosts also have open redirects. */
const VENDOR_PAGES: Readonly<Record<string, readonly string[]>> = {
  'https://login.microsoftonline.com': [
    'https://microsoft.com/devicelogin',
    'https://www.microsoft.com/devicelogin',
    'https://login.microsoft.com/device',
  ],
  'https://accounts.google.com': ['https://www.google.com/device'],
}

/**
 * The page that a person shall open, if it is the IdP's own: scheme, host and port of the issuer (which is reached over
 * https), no credentials in it. Anything else is never shown nor opened, because a tampered answer could send people to a page that steals
 * their password.
 */
export function verificationUrl(text: string, issuer: string): string {
  const [url, home] = [URL.canParse(text) ? new URL(text) : undefined, new URL(issuer).origin]
  if (url !== undefined && url.username === '' && url.password === '') {
    const isOwn = url.origin === home
    if (isOwn || VENDOR_PAGES[home]?.includes(url.origin + url.pathname) === true) return url.href
  }
  throw new JitError(
    'LOGIN_FAILED',
    'The identity provider named a login page that is not its own, so it was not opened.',
    'Report this to the people who run it; meanwhile: jit login --browser',
  )
}
