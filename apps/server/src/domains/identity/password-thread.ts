import { hashSync, verifySync } from '@node-rs/argon2'
import { answerQuestions } from '../../platform/asked-thread.ts'
import { isForeign, verifyForeign } from './foreign-hash.ts'
import { normalizePassword } from './rules.ts'

export const ROLE = 'passwords'
export const FILE = new URL(import.meta.url)

// OWASP's second profile: 19 MiB, two passes, one lane; argon2id is the library's default algorithm.
export const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** A password to be hashed, or, with what is stored, to be compared with it. */
export interface Question {
  password: string
  stored: string | null
}

/** The hash, or whether it is the password; null: what is stored can't be read. */
export type Answer = string | boolean | null

/**
 * Hashing takes all of a core for as long as it lasts. It has threads of its own, which give way to whoever is logged in: a
 * storm of guesses slows guessers. A thread is asked one thing at a time.
 */
answerQuestions<Question, Answer>(ROLE, (question, answer) => {
  answerOf(question).then(
    (made) => answer(made, []),
    () => answer(null, []),
  )
})

async function answerOf({ password, stored }: Question): Promise<string | boolean> {
  const normalized = normalizePassword(password)
  if (stored === null) return hashSync(normalized, PARAMETERS)
  const check = isForeign(stored) ? verifyForeign : verifySync
  // Another system may have hashed the password as it was typed, and not as we normalize it.
  return (await check(stored, normalized)) || (normalized !== password && (await check(stored, password)))
}
