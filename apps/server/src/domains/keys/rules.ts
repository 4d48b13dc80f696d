/** Retention class of what has no other. */
export const DEFAULT_CLASS = 'audit'

/** What names a person, normalised for the blind index: case, compatibility forms and outer space do not matter. */
export function normalizeIdentifier(value: string): string {
  return value.normalize('NFKC').trim().toLowerCase()
}

/**
 * Which pseudonym an identifier leads to. A primary token names one person; an alias names one only when nobody
 * shares it. Null: a new person.
 */
export function chooseSubject(matches: readonly { kind: string; subject: string }[]): string | null {
  const primary = matches.find((match) => match.kind === 'primary')
  if (primary) return primary.subject
  const aliases = new Set(matches.filter((match) => match.kind === 'alias').map((match) => match.subject))
  const [only] = aliases
  return aliases.size === 1 && only !== undefined ? only : null
}

/** Field that an envelope belongs to; each has a key of its own (docs/formats.md §8). */
export interface FieldLocation {
  table: string
  column: string
  row: string
}
