/** A cloud's words as one readable line; whatever looks like a JWT or a Google access token goes too, whole or cut short. */
export function withoutSecrets(message: string, secrets: readonly string[]): string {
  const bare = secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), message)
  return bare
    .replace(/eyJ[\w-]{8,}(\.[\w-]*){0,4}/g, '[redacted]')
    .replace(/ya29\.[\w.-]{8,}/g, '[redacted]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 400)
}
