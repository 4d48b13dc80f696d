import { SCOPES, type Scope } from '@probity/contract'

/** Names are compared without regard to case and compatibility forms (RFC 8265 UsernameCaseMapped, in its effect). */
export function normalizeName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

/** The password as it is hashed (RFC 8265 OpaqueString, in its effect). */
export function normalizePassword(password: string): string {
  return password.normalize('NFC')
}

/** How many attempts are free, and how long the pause is after the last of them; it doubles with each more. Seconds. */
export interface Limit {
  free: number
  pause: number
  longest: number
}

/** Of one source on one account, and of all sources together that are not known for the account. */
export const THROTTLE = {
  source: { free: 5, pause: 30, longest: 900 },
  account: { free: 20, pause: 30, longest: 300 },
} as const satisfies Record<string, Limit>

const FORGOTTEN_AFTER = 86_400_000
const KNOWN_FOR = 90 * 86_400_000

/** Attempts since the last that succeeded. Times in milliseconds. */
export interface Attempts {
  count: number
  lastAt: number
  refusedUntil: number | null
  knownUntil: number | null
}

/** Takes one attempt, or says for how many seconds none is taken, and then counts none. */
export function countAttempt(kept: Attempts, limit: Limit, now: number): { refusedFor: number; next: Attempts } {
  if (kept.refusedUntil !== null && kept.refusedUntil > now)
    return { refusedFor: Math.ceil((kept.refusedUntil - now) / 1000), next: kept }
  const count = kept.lastAt < now - FORGOTTEN_AFTER ? 1 : kept.count + 1
  const pause = count < limit.free ? null : Math.min(limit.pause * 2 ** (count - limit.free), limit.longest)
  const refusedUntil = pause === null ? null : now + pause * 1000
  return { refusedFor: 0, next: { ...kept, count, lastAt: now, refusedUntil } }
}

/** What is kept of a source once a log-in from it succeeded. */
export function succeeded(now: number): Attempts {
  return { count: 0, lastAt: now, refusedUntil: null, knownUntil: now + KNOWN_FOR }
}

export function isKnown({ knownUntil }: Attempts, now: number): boolean {
  return knownUntil !== null && knownUntil > now
}

/** What a user may do; roles come with domain access. */
export function scopesOf(isOperator: boolean): readonly Scope[] {
  return isOperator ? SCOPES : SCOPES.filter((scope) => scope !== 'platform:operate')
}

/** How long sessions live, in seconds. */
export interface SessionLimits {
  idle: number
  absolute: number
}

/** Whether a session still counts. Times in milliseconds. */
export function isSessionAlive(
  session: { expires_at: Date; last_activity: number; revoked_at: Date | null },
  idleSeconds: number,
  now: number,
): boolean {
  if (session.revoked_at !== null) return false
  return session.expires_at.getTime() > now && session.last_activity + idleSeconds * 1000 > now
}

/** For so long the tokens before the last refresh are still taken: the answer may have been lost, or two asked at once. */
export const GRACE_SECONDS = 30

/**
 * What a refresh token that the server gave out is worth. `repeat`: it is answered with the successor that it had
 * already. `reused`: somebody else may hold it or its successor.
 */
export function judgeRefresh(
  { usedAt, isSuccessorUsed }: { usedAt: Date | null; isSuccessorUsed: boolean },
  now: number,
): 'rotate' | 'repeat' | 'reused' {
  if (usedAt === null) return 'rotate'
  const isInGrace = now < usedAt.getTime() + GRACE_SECONDS * 1000
  return isInGrace && !isSuccessorUsed ? 'repeat' : 'reused'
}

/** Whether a token still counts. Times in milliseconds. */
export function isTokenAlive(token: { expires_at: Date | null; revoked_at: Date | null }, now: number): boolean {
  return token.revoked_at === null && (token.expires_at === null || token.expires_at.getTime() > now)
}
