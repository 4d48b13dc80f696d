import { hashSync, verifySync } from '@node-rs/argon2'
import { answerQuestions } from '../../platform/asked-thread.ts'
import { isForeign, verifyForeign } from './foreign-hash.ts'
import { normalizePassword } from './rules.ts'

export const ROLE = 'passwords'
export const FILE = new URL(import.meta.url)

/** A password to be hashed with so many kibibytes and passes, or to be compared with what is stored. */
export type Question = { password: string; cost: PasswordCost } | { password: string; stored: string }

export interface PasswordCost {
  kibibytes: number
  passes: number
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

async function answerOf(question: Question): Promise<string | boolean> {
  const { password } = question
  const normalized = normalizePassword(password)
  if ('cost' in question) return hashSync(normalized, parametersOf(question.cost))
  const { stored } = question
  const check = isForeign(stored) ? verifyForeign : verifySync
  // Another system may have hashed the password as it was typed, and not as we normalize it.
  return (await check(stored, normalized)) || (normalized !== password && (await check(stored, password)))
}

// argon2id is the library's default algorithm. One lane: a second one would only help who has cores to spare, the guesser.
function parametersOf({ kibibytes, passes }: PasswordCost) {
  return { memoryCost: kibibytes, timeCost: passes, parallelism: 1 }
}
