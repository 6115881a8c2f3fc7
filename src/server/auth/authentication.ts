import { recent } from '../../base/recent.ts'
import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../refusal.ts'
import type { Tokens } from '../tokens/types.ts'
import { type Proof, type ProofExpectation, type ProofKey, verifyProof } from './dpop-proof.ts'
import type { IdTokenVerifier } from './id-token.ts'
import { NONCE_WINDOW_MS } from './nonces.ts'
import type { Authentication, Nonces, ProvedCall, SeenIds } from './types.ts'

export type AuthenticationDeps = {
  /** The endpoint's configured URL: what proofs must be made for. */
  readonly endpoint: string
  readonly tokens: Pick<Tokens, 'readAccessToken'>
  readonly verifyIdToken: IdTokenVerifier
  readonly nonces: Nonces
  /** Proofs that were used. Must know all that carry a nonce which `nonces` accepts. */
  readonly proofs: SeenIds
  readonly clock: Clock
}

/** Installations whose keys need not be imported again. */
const KEYS_KEPT = 4_096

/** A proof is used up last of all, after everything else held: strangers cannot fill the table. */
export function makeAuthentication(deps: AuthenticationDeps): Authentication {
  const { endpoint, tokens, verifyIdToken, nonces, proofs, clock } = deps
  const proving = { nonces, clock, proofKeys: recent<ProofKey>(KEYS_KEPT) }

  const expectation = ({ method, path }: ProvedCall): ProofExpectation => ({ method, url: `${endpoint}${path}` })

  async function useUp({ replayId }: Proof): Promise<void> {
    if (!(await proofs.claim(replayId, clock.now() + 2 * NONCE_WINDOW_MS)))
      throw new Refusal('invalid_dpop_proof', 'The DPoP proof was used before.')
  }

  return {
    nonce: () => nonces.issue(),

    async caller(call) {
      const accessToken = readAuthorization(call.authorization)
      const holder = await tokens.readAccessToken(accessToken)
      const proof = await verifyProof(call.dpop, { ...expectation(call), accessToken }, proving)
      if (proof.jkt !== holder.jkt)
        throw new Refusal('invalid_token', 'The access token is bound to another key.', 'Log in: jit login')
      await useUp(proof)
      return { ...holder, address: call.address }
    },

    async login(call, idToken) {
      const proof = await verifyProof(call.dpop, expectation(call), proving)
      const login = await verifyIdToken(idToken, proof.jkt)
      await useUp(proof)
      return { ...login, jkt: proof.jkt, address: call.address }
    },
  }
}

/** RFC 9449 §7.1: the scheme is `DPoP`. A bound token under `Bearer` is refused (§7.2). */
function readAuthorization(authorization: string | undefined): string {
  const token = /^DPoP ([\w.-]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) throw new Refusal('invalid_token', 'The call brings no access token.', 'Log in: jit login')
  return token
}
