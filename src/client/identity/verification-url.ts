import { JitError } from '../../base/errors.ts'

/** Entra and Google keep the page for codes on another host than their issuer. */
const VENDOR_PAGES: Readonly<Record<string, readonly string[]>> = {
  'https://login.microsoftonline.com': [
    'https://microsoft.com',
    'https://www.microsoft.com',
    'https://login.microsoft.com',
  ],
  'https://accounts.google.com': ['https://www.google.com'],
}

/**
 * The page that a person shall open, if it is the IdP's own: scheme, host and port of the issuer (which is reached over
 * https), no credentials in it. Anything else is never shown nor opened, because a tampered answer could send people to a page that steals
 * their password.
 */
export function verificationUrl(text: string, issuer: string): string {
  const [url, home] = [URL.canParse(text) ? new URL(text) : undefined, new URL(issuer).origin]
  const trusted = [home, ...(VENDOR_PAGES[home] ?? [])]
  if (url !== undefined && trusted.includes(url.origin) && url.username === '' && url.password === '') return url.href
  throw new JitError(
    'LOGIN_FAILED',
    'The identity provider named a login page that is not its own, so it was not opened.',
    'Report this to the people who run it; meanwhile: jit login --browser',
  )
}
