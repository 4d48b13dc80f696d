import { Secret, TOTP } from 'otpauth'

/** What an authenticator with this key shows (RFC 6238); `off`: how many half minutes from now. */
export function codeOf(key: string, off = 0): string {
  return new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: Date.now() + off * 30_000 })
}
