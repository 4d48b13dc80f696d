import { SCOPES, type Scope } from '@probity/contract'

/** Names are compared without regard to case and compatibility forms (RFC 8265 UsernameCaseMapped, in its effect). */
export function normalizeName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

/** Whether somebody comes in through a provider alone. */
export function isProvidersAlone(rules: { requires_provider: boolean }, user: { is_break_glass: boolean }): boolean {
  return rules.requires_provider && !user.is_break_glass
}

const NOT_IN_A_NAME = /[^\p{L}\p{M}\p{N}\u0021-\u007e]/u
const LATIN = /\p{Script=Latin}/u
const NEITHER_LATIN_NOR_EAST_ASIAN =
  /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u
const GREEK_AND_CYRILLIC = /\p{Script=Greek}.*\p{Script=Cyrillic}|\p{Script=Cyrillic}.*\p{Script=Greek}/u

/**
 * Why a user name can't be taken; null: it can. Letters, digits and the signs of ASCII (RFC 8264 IdentifierClass), and
 * letters of scripts that look alike not side by side (UTS #39 highly restrictive): "аdmin" is not "admin".
 */
export function nameFault(name: string): string | null {
  const normalized = normalizeName(name)
  if (normalized === '' || NOT_IN_A_NAME.test(normalized)) return 'has letters, digits and signs such as . - _ @ alone'
  const isMixed = LATIN.test(normalized) && NEITHER_LATIN_NOR_EAST_ASIAN.test(normalized)
  return isMixed || GREEK_AND_CYRILLIC.test(normalized) ? 'mixes letters of scripts that look alike' : null
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

/**
 * Of one source on one account, of all sources together that are not known for the account, and of second factors; of one
 * source on all accounts, and of all sources on all, where the source is not known for the account that is tried.
 */
export const THROTTLE = {
  source: { free: 5, pause: 30, longest: 900 },
  account: { free: 20, pause: 30, longest: 300 },
  code: { free: 5, pause: 60, longest: 3600 },
  place: { free: 50, pause: 60, longest: 900 },
  tenant: { free: 1000, pause: 5, longest: 60 },
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

/** What the first administrator of a tenant may do. */
export const ADMINISTRATOR: readonly Scope[] = SCOPES.filter((scope) => scope !== 'platform:operate')

/** What a user may do, by themselves and by being in groups. Nothing in a session that lacks the factor which the tenant demands. */
export function scopesOf(user: {
  scopes: readonly Scope[]
  group_scopes?: readonly Scope[]
  is_operator: boolean
  lacks_factor?: boolean
}): readonly Scope[] {
  if (user.lacks_factor) return []
  const own = user.is_operator ? [...user.scopes, 'platform:operate' as const] : user.scopes
  return user.group_scopes?.length ? [...new Set([...own, ...user.group_scopes])] : own
}

/** What may be done with, and to, nobody else's name: it changes things, opens what is sealed, or gives rights. */
const ONLY_ONESELF: readonly Scope[] = SCOPES.filter((scope) => scope !== 'audit:read' && scope !== 'audit:verify')

/** What an administrator may do who acts as somebody. */
export function scopesOnBehalf(user: Parameters<typeof scopesOf>[0]): readonly Scope[] {
  return scopesOf(user).filter((scope) => !ONLY_ONESELF.includes(scope))
}

/**
 * Whether a session that was opened by these methods lacks a second factor: one that the tenant demands, or one that the
 * person has here and the provider did not ask for. The same as LACKS_FACTOR of store-sessions.ts, for one that begins.
 */
export function lacksFactor(
  { requires_second_factor }: { requires_second_factor: boolean },
  { mfa_enabled }: { mfa_enabled: boolean },
  methods: readonly string[],
): boolean {
  const [method, ...more] = methods
  if (more.length > 0) return false
  return method === 'fed' ? requires_second_factor || mfa_enabled : method === 'pwd' && requires_second_factor
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

/** What is sensitive asks for factors that were shown within so long. */
export const RECENT_SECONDS = 600

export function isRecent(authenticatedAt: Date, now: number): boolean {
  return now < authenticatedAt.getTime() + RECENT_SECONDS * 1000
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
