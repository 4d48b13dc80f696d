import { SCOPES, type Scope } from '@probity/contract'

/** Wrong passwords before a pause, and how long the pause is at the nth beyond. */
const FREE_ATTEMPTS = 5
const FIRST_PAUSE_SECONDS = 30
const LONGEST_PAUSE_SECONDS = 900

/** Names are compared without regard to case and compatibility forms (RFC 8265 UsernameCaseMapped, in its effect). */
export function normalizeName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

/** The password as it is hashed (RFC 8265 OpaqueString, in its effect). */
export function normalizePassword(password: string): string {
  return password.normalize('NFC')
}

/** Until when no log-in is tried after so many wrong passwords in a row; null: at once. Milliseconds. */
export function lockedUntil(failedAttempts: number, now: number): number | null {
  if (failedAttempts < FREE_ATTEMPTS) return null
  const pause = FIRST_PAUSE_SECONDS * 2 ** (failedAttempts - FREE_ATTEMPTS)
  return now + Math.min(pause, LONGEST_PAUSE_SECONDS) * 1000
}

/** What a user may do; roles come with domain access. */
export function scopesOf(isOperator: boolean): readonly Scope[] {
  return isOperator ? SCOPES : SCOPES.filter((scope) => scope !== 'platform:operate')
}

/** Whether a session still counts. Times in milliseconds. */
export function isSessionAlive(
  session: { expires_at: Date; last_activity: Date; revoked_at: Date | null },
  idleSeconds: number,
  now: number,
): boolean {
  if (session.revoked_at !== null) return false
  return session.expires_at.getTime() > now && session.last_activity.getTime() + idleSeconds * 1000 > now
}

/** Whether a token still counts. Times in milliseconds. */
export function isTokenAlive(token: { expires_at: Date | null; revoked_at: Date | null }, now: number): boolean {
  return token.revoked_at === null && (token.expires_at === null || token.expires_at.getTime() > now)
}
