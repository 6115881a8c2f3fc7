import { quotedText } from './terminal-text.ts'

/** Words of a cloud, fit to be shown: without these secrets, without anything that looks like a JWT or a Google token, on one line. */
export function withoutSecrets(words: string, secrets: readonly string[]): string {
  const bare = secrets.reduce((text, secret) => (secret === '' ? text : text.replaceAll(secret, '[redacted]')), words)
  return quotedText(bare.replace(/eyJ[\w-]{8,}(\.[\w-]*){0,4}|ya29\.[\w.-]+/g, '[redacted]'), 400)
}
