import { randomBytes, timingSafeEqual } from 'node:crypto'
import { HOTP, Secret, TOTP, URI } from 'otpauth'

// RFC 6238 with what every authenticator knows: SHA-1, six digits, thirty seconds.
const PERIOD = 30
const DIGITS = 6
/** Steps that an authenticator's clock may be off. */
const WINDOW = 1
const SECRET_BYTES = 20

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES)
}

/** What an authenticator is told: the secret in base32, and the URI with whose it is. */
export function describe(secret: Buffer, label: string): { key: string; uri: string } {
  const own = secretOf(secret)
  const totp = new TOTP({ issuer: 'Probity', label, secret: own, period: PERIOD, digits: DIGITS })
  return { key: own.base32, uri: URI.stringify(totp) }
}

/** The time step whose code this is, at a time in milliseconds, one step off at most; null: none. */
export function stepOf(secret: Buffer, code: string, now: number): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const own = secretOf(secret)
  const current = Math.floor(now / 1000 / PERIOD)
  const given = Buffer.from(code)
  let found: number | null = null
  // All of them, so that the time tells nothing.
  for (let step = current - WINDOW; step <= current + WINDOW; step++) {
    const right = HOTP.generate({ secret: own, counter: step, digits: DIGITS })
    if (timingSafeEqual(Buffer.from(right), given)) found = step
  }
  return found
}

function secretOf(secret: Buffer): Secret {
  return new Secret({ buffer: Uint8Array.from(secret).buffer })
}
