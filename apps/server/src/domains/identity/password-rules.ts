import { normalizePassword } from './rules.ts'

// NIST SP 800-63B-4 §3.1.1.2: length and blocklist, no rules of composition, no expiry.

/** Characters that a password has at least: where it is the only factor, and where another one is asked for as well. */
const LEAST = { alone: 15, beside: 8 }
/** What is left of a password without the words of its context. */
const LEAST_OF_ITS_OWN = 6
/** Shorter words are left where they are: they occur by chance. */
const SHORTEST_WORD = 4
const PRODUCT = 'probity'

export interface PasswordContext {
  /** User name, address, name, name of the tenant: what is no secret. */
  words: readonly string[]
  /** Whether a second factor is asked for as well. */
  hasSecondFactor: boolean
}

/** Why a password can't be taken, in words for who chose it; null: it can. */
export function passwordFault(
  password: string,
  { words, hasSecondFactor }: PasswordContext,
  isCommon: (password: string) => boolean,
): string | null {
  const normalized = normalizePassword(password)
  const least = hasSecondFactor ? LEAST.beside : LEAST.alone
  if ([...normalized].length < least) return `must have at least ${least} characters`
  const folded = normalized.toLowerCase()
  if (isCommon(normalized) || isCommon(folded)) return 'is one of the commonest passwords; choose another'
  if (new Set(folded).size < 4) return 'is the same few characters again and again; choose another'
  if ([...withoutWords(folded, words)].length < LEAST_OF_ITS_OWN)
    return 'is made of your name, your address or ours; choose another'
  return null
}

function withoutWords(folded: string, words: readonly string[]): string {
  const known = [PRODUCT, ...words.flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u)])]
    .map((word) => normalizePassword(word).toLowerCase())
    .filter((word) => word.length >= SHORTEST_WORD)
    .sort((a, b) => b.length - a.length)
  return known.reduce((rest, word) => rest.replaceAll(word, ''), folded)
}
