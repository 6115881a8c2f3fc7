import { isProtected } from '../../base/protected-url.ts'

/** `https`, or `http` on loopback; no user, query or fragment; written in the canonical form that tokens and clouds compare. */
export function webUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || value.length > 255 || !URL.canParse(value) || /[?#\s]/.test(value)) return undefined
  const url = new URL(value)
  if (!isProtected(url) || url.username !== '' || url.password !== '') return undefined
  return value === url.href || `${value}/` === url.href ? url : undefined
}

/** The endpoint's own URL: AWS knows an issuer by it, at most 255 characters, no query, and here never a trailing slash. */
export function endpointUrl(value: unknown): string | undefined {
  return typeof value === 'string' && !value.endsWith('/') && webUrl(value) !== undefined ? value : undefined
}

/** An OpenID issuer, kept as it is written: a trailing slash is part of its name (OpenID Connect Discovery §4.3). */
export function issuerUrl(value: unknown): string | undefined {
  return typeof value === 'string' && webUrl(value) !== undefined ? value : undefined
}
