import { createHash } from 'node:crypto'

/**
 * What a browser login sends as `nonce` for its DPoP key (`jkt`: RFC 7638 thumbprint), so that the ID token is of use only
 * together with that key. The CLI sends it, the endpoint compares.
 */
export const loginNonce = (jkt: string): string => createHash('sha256').update(`jit-login:${jkt}`).digest('base64url')
