import { X509Certificate } from 'node:crypto'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import { DomainError } from '../../platform/errors.ts'

/** Which authenticators a tenant takes passkeys of. */
export interface AuthenticatorPolicy {
  /** AAGUIDs; null: any. */
  allowed_authenticators: string[] | null
  /** Certificates in PEM to which attestations must lead; none: none is asked for. */
  authenticator_roots: string[]
}

/** What a browser is to ask of an authenticator for this policy. */
export function conveyanceOf({ allowed_authenticators, authenticator_roots }: AuthenticatorPolicy): 'none' | 'direct' {
  return allowed_authenticators === null && authenticator_roots.length === 0 ? 'none' : 'direct'
}

/**
 * Holds a passkey against the policy; that its attestation is signed by the first certificate in it was verified before
 * (WebAuthn §7.1, 21 to 24). Throws AUTHENTICATOR_REFUSED.
 */
export function requireAllowed(
  policy: AuthenticatorPolicy,
  made: { aaguid: string; attestation: Uint8Array<ArrayBuffer> },
  at: Date,
): void {
  const { allowed_authenticators: allowed, authenticator_roots } = policy
  if (allowed !== null && !allowed.includes(made.aaguid))
    throw new DomainError('AUTHENTICATOR_REFUSED', { reason: `your organisation does not take model ${made.aaguid}` })
  if (authenticator_roots.length === 0) return
  const roots = authenticator_roots.map((pem) => new X509Certificate(pem))
  if (!leadsTo(chainOf(made.attestation), roots, at))
    throw new DomainError('AUTHENTICATOR_REFUSED', {
      reason: 'your organisation asks that the maker vouches for the authenticator, and no maker that it trusts does',
    })
}

export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** Certificates of an attestation, the signing one first; none where it has none, or vouches for itself. */
function chainOf(attestation: Uint8Array<ArrayBuffer>): X509Certificate[] {
  const chain = decodeAttestationObject(attestation).get('attStmt').get('x5c') ?? []
  try {
    return chain.map((one) => new X509Certificate(one))
  } catch {
    return []
  }
}

/** Each certificate is signed by the next, the last by a root or one itself, and all are good at the time. */
function leadsTo(chain: X509Certificate[], roots: X509Certificate[], at: Date): boolean {
  const last = chain.at(-1)
  if (last === undefined) return false
  const isLinked = chain.slice(1).every((issuer, i) => isIssued(chain[i], issuer))
  const areGood = chain.every(({ validFromDate, validToDate }) => validFromDate <= at && at <= validToDate)
  return isLinked && areGood && roots.some((root) => last.raw.equals(root.raw) || isIssued(last, root))
}

function isIssued(certificate: X509Certificate | undefined, issuer: X509Certificate): boolean {
  return (
    certificate !== undefined && issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  )
}
