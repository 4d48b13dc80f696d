import { hash, verify } from '@node-rs/argon2'
import { DomainError } from '../../platform/errors.ts'
import { isForeign, verifyForeign } from './foreign-hash.ts'
import { normalizePassword } from './rules.ts'

// OWASP's second profile: 19 MiB, two passes, one lane; argon2id is the library's default algorithm.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`
const AT_ONCE = 2
const MOST_WAITING = 64

/** Hashes and checks passwords, a few at a time; refuses with UNAVAILABLE rather than eat the machine. */
export class Passwords {
  #running = 0
  readonly #waiting: (() => void)[] = []
  #decoy: Promise<string> | null = null

  hash(password: string): Promise<string> {
    return this.#bounded(() => hash(normalizePassword(password), PARAMETERS))
  }

  /** Whether the password is right. `stored` null or empty: there is none; it takes as long and is false. */
  async check(stored: string | null, password: string): Promise<boolean> {
    this.#decoy ??= this.hash('a password that nobody has')
    const against = stored || (await this.#decoy)
    const right = await this.#bounded(() => verifyAny(against, password))
    return right && Boolean(stored)
  }

  /** Whether what is stored was hashed otherwise than passwords are today. */
  isOld(stored: string): boolean {
    return !stored.startsWith(PREFIX)
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING)
        throw new DomainError('UNAVAILABLE', { reason: 'too many log-ins at once', retry_after: 2 })
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#running++
    try {
      return await work()
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }
}

// Another system may have hashed the password as it was typed, and not as we normalize it.
async function verifyAny(stored: string, password: string): Promise<boolean> {
  const check = isForeign(stored) ? verifyForeign : verify
  const normalized = normalizePassword(password)
  return (await check(stored, normalized)) || (normalized !== password && (await check(stored, password)))
}
