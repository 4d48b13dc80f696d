import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { BoundedMap } from '../bounded-map.ts'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'

/** The request that a proof is of. */
export interface ProvenRequest {
  method: string
  /** Absolute; its query has no say. */
  url: string
  /** Access token that comes with it; null: none. */
  token: string | null
}

const SECONDS = 60
const MOST_BYTES = 4_000
const MOST_REMEMBERED = 100_000
const SIGNED_BY = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'EdDSA', 'Ed25519']

/**
 * DPoP (RFC 9449): whoever asks signs each request with a key, and a token that is bound to that key is good for nobody
 * else. A proof is good once and for a minute. This server remembers those that it has seen; another would take one again
 * within its minute, for the same request with the same token alone.
 */
export class ProofOfPossession {
  readonly #publicUrl: () => string
  readonly #clock: Clock
  readonly #seen = new BoundedMap<string, true>(MOST_REMEMBERED)

  constructor(publicUrl: () => string, clock: Clock) {
    this.#publicUrl = publicUrl
    this.#clock = clock
  }

  /** Thumbprint of the key that the request proves; null: it brings no proof. Throws DPOP_PROOF_INVALID. */
  async keyOf({ headers, method, url }: FastifyRequest, token: string | null): Promise<string | null> {
    const proof = headers.dpop
    if (proof === undefined) return null
    // Node joins what came as several headers by a comma, which no proof has (§4.3, 1).
    if (typeof proof !== 'string') throw refused('there is more than one proof')
    const now = this.#clock.now() / 1_000_000
    const { thumbprint, id } = await readProof(proof, { method, url: this.#publicUrl() + url, token }, now)
    const name = `${thumbprint} ${id}`
    if (this.#seen.get(name)) throw refused('this proof was used before')
    this.#seen.set(name, true)
    return thumbprint
  }
}

/** Reads a proof (§4.3), at a time in seconds since 1970. Throws DPOP_PROOF_INVALID. */
export async function readProof(
  proof: string,
  request: ProvenRequest,
  now: number,
): Promise<{ thumbprint: string; id: string }> {
  const { payload, key } = await verified(proof, now)
  const { jti, htm, htu, iat, ath } = payload
  if (htm !== request.method) throw refused('htm is not the method of this request')
  if (typeof htu !== 'string' || addressOf(htu) !== addressOf(request.url))
    throw refused('htu is not the address of this request')
  if (iat === undefined || Math.abs(now - iat) > SECONDS) throw refused(`iat is not within ${SECONDS} seconds of now`)
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) throw refused('jti must have 1 to 255 characters')
  if (request.token !== null && ath !== createHash('sha256').update(request.token).digest('base64url'))
    throw refused('ath is not the hash of the token')
  return { thumbprint: await calculateJwkThumbprint(key), id: jti }
}

async function verified(proof: string, now: number): Promise<{ payload: JWTPayload; key: JWK }> {
  if (proof.length > MOST_BYTES) throw refused('the proof is too long')
  try {
    const options = { typ: 'dpop+jwt', algorithms: SIGNED_BY, currentDate: new Date(now * 1000) }
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, options)
    const key = protectedHeader.jwk
    if (key === undefined) throw new Error('no key') // a private one, the library refuses
    return { payload, key }
  } catch {
    throw refused('it must be a JWT of typ dpop+jwt that is signed by the public key in its jwk')
  }
}

/** Null: it is none. */
function addressOf(text: string): string | null {
  const url = URL.parse(text)
  return url && url.origin + url.pathname
}

function refused(reason: string): DomainError {
  return new DomainError('DPOP_PROOF_INVALID', { reason })
}
