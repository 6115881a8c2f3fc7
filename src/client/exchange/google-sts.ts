import { StsCredentials } from 'google-auth-library/build/src/auth/stscredentials.js'

export const GOOGLE_STS = 'https://sts.googleapis.com/v1/token'

/** Repeating is safe: STS takes a token as often as one likes. */
const REPEATS = 2

/**
 * The STS client of google-auth-library, and not its `IdentityPoolClient`: that one makes its STS client with a transport that
 * has no time limit, cannot be interrupted, and carries the token along wherever a redirect leads.
 *
 * A module of its own with a static import: the bundler gives an `import()` of CommonJS no names.
 */
export class GoogleSts extends StsCredentials {
  constructor(fetchImplementation: typeof globalThis.fetch, signal: AbortSignal) {
    super({ tokenExchangeEndpoint: GOOGLE_STS })
    const retryConfig = { retry: REPEATS, noResponseRetries: REPEATS }
    // Any agent keeps gaxios from loading one of its own for HTTPS_PROXY, which the transport looks after.
    this.transporter.defaults = { fetchImplementation, signal, retryConfig, agent: unused }
  }
}

const unused = (): never => {
  throw new Error('The transport has connections of its own.')
}
