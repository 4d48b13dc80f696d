import type { AssertedCredential, RegisteredCredential } from '@probity/contract'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'

/** COSE algorithms: EdDSA, ES256, RS256. */
export const ALGORITHMS = [-8, -7, -257]

/** Where passkeys are good: the host, and the origin of pages. */
export interface RelyingParty {
  id: string
  origin: string
}

/** A new passkey as its authenticator made it (WebAuthn §7.1); null: it is none. That its challenge was ours is the caller's to see. */
export async function readRegistered(credential: RegisteredCredential, { id, origin }: RelyingParty) {
  const verified = await verifyRegistrationResponse({
    response: credential as Parameters<typeof verifyRegistrationResponse>[0]['response'], // read by its schema
    expectedChallenge: () => true, // it is taken with the transaction
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => null)
  if (!verified?.verified) return null
  const info = verified.registrationInfo
  return {
    credential_id: Buffer.from(info.credential.id, 'base64url'),
    public_key: Buffer.from(info.credential.publicKey),
    sign_count: info.credential.counter,
    transports: credential.response.transports ?? [],
    aaguid: info.aaguid,
    is_backed_up: info.credentialBackedUp,
    attestation: info.attestationObject,
  }
}

/** What a passkey says when it is shown (§7.2); null: it did not sign that, or not here. The count is the caller's to compare. */
export async function readAsserted(
  credential: AssertedCredential,
  publicKey: Uint8Array,
  { id, origin }: RelyingParty,
): Promise<{ newCounter: number; credentialBackedUp: boolean } | null> {
  const verified = await verifyAuthenticationResponse({
    response: credential as Parameters<typeof verifyAuthenticationResponse>[0]['response'], // read by its schema
    expectedChallenge: () => true, // it was taken just now
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
    credential: { id: credential.id, publicKey: Uint8Array.from(publicKey), counter: 0 },
  }).catch(() => null)
  return verified?.verified ? verified.authenticationInfo : null
}
