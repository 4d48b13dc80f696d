import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { compare } from 'bcryptjs'

// Hashes that another system made, so that people keep their passwords when they move. Each is read at most once: the log-in
// that finds it right hashes the password anew. Bounds keep a hash that somebody made up from eating the machine.

/** bcrypt: `$2b$10$` and 53 characters of its own base64. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$/
const MOST_BCRYPT_COST = 14
/** As Passlib writes them: `$scrypt$ln=15,r=8,p=1$salt$hash`, in base64 without padding, `.` for `+`. */
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([./+0-9A-Za-z]{1,88})\$([./+0-9A-Za-z]{22,88})$/
const MOST_SCRYPT_BYTES = 64 * 2 ** 20
/** `$pbkdf2-sha256$29000$salt$hash`. */
const PBKDF2 = /^\$pbkdf2(?:-(sha256|sha512))?\$(\d{1,8})\$([./+0-9A-Za-z]{1,88})\$([./+0-9A-Za-z]{22,88})$/
const MOST_ROUNDS = 2_000_000
/** PHC strings of argon2. */
const ARGON2 =
  /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[+/0-9A-Za-z]{11,88}\$[+/0-9A-Za-z]{22,88}$/
const MOST_ARGON2 = { kibibytes: 65_536, passes: 10, lanes: 4 }

const scryptOf = promisify<Buffer, Buffer, number, object, Buffer>(scrypt)
const pbkdf2Of = promisify(pbkdf2)

/** Why a hash can't be taken over; null: it can. */
export function hashFault(hash: string): string | null {
  const dear = 'costs more than we spend on one log-in; have its owner set another password'
  const [, cost] = BCRYPT.exec(hash) ?? []
  if (cost !== undefined) return Number(cost) >= 4 && Number(cost) <= MOST_BCRYPT_COST ? null : dear
  const [, m, t, p] = ARGON2.exec(hash) ?? []
  if (m !== undefined) {
    const { kibibytes, passes, lanes } = MOST_ARGON2
    const fits = Number(m) >= 8 * Number(p) && Number(m) <= kibibytes && Number(t) <= passes && Number(p) <= lanes
    return fits && Number(t) > 0 && Number(p) > 0 ? null : dear
  }
  const [, log, r, lanes] = SCRYPT.exec(hash) ?? []
  if (log !== undefined) {
    const fits = Number(log) > 0 && Number(r) > 0 && Number(lanes) > 0 && Number(lanes) <= 4
    return fits && 128 * 2 ** Number(log) * Number(r) <= MOST_SCRYPT_BYTES ? null : dear
  }
  const [, , rounds] = PBKDF2.exec(hash) ?? []
  if (rounds !== undefined) return Number(rounds) > 0 && Number(rounds) <= MOST_ROUNDS ? null : dear
  return 'is none of argon2 (PHC), bcrypt ($2b$), $scrypt$ln=…,r=…,p=…$ and $pbkdf2-sha256$…'
}

/** Whether a hash is of another kind than argon2. */
export function isForeign(hash: string): boolean {
  return BCRYPT.test(hash) || SCRYPT.test(hash) || PBKDF2.test(hash)
}

/** Whether the password is the one that another system hashed so. */
export async function verifyForeign(hash: string, password: string): Promise<boolean> {
  if (BCRYPT.test(hash)) return compare(password, hash)
  const [, log, r, p, salt = '', key = ''] = SCRYPT.exec(hash) ?? []
  if (log !== undefined) {
    const wanted = decode(key)
    const options = { N: 2 ** Number(log), r: Number(r), p: Number(p), maxmem: 2 * MOST_SCRYPT_BYTES }
    return equal(await scryptOf(Buffer.from(password), decode(salt), wanted.length, options), wanted)
  }
  const [, digest = 'sha1', rounds, salted = '', derived = ''] = PBKDF2.exec(hash) ?? []
  if (rounds === undefined) return false
  const wanted = decode(derived)
  return equal(await pbkdf2Of(password, decode(salted), Number(rounds), wanted.length, digest), wanted)
}

function decode(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
