// What a search asks for exactly is a term: a member of the leaf and its value. Of the terms of its entries a bundle
// keeps a Bloom filter (docs/adr/0010), so that a search opens only bundles that may hold what it looks for.

/** Members that can be asked for. `who`: the actor, and everybody whose sealed part the entry holds. */
export type Member = 'event_type' | 'who' | 'resource' | 'action' | 'outcome'

/** Two hashes of 32 bits, from which the places in a filter of any length follow. */
export interface Term {
  first: number
  step: number
}

const SEEDS: Record<Member, number> = { event_type: 1, who: 2, resource: 3, action: 4, outcome: 5 }

/** Places that a term has in a filter. */
const PLACES = 7
/** Bytes of a filter for a term: with seven places two of 10,000 that are not there seem to be. */
const BYTES_A_TERM = 2.5
const LEAST_BYTES = 16
const MOST_BYTES = 4096

/** The term of a member's value. */
export function termOf(member: Member, value: string): Term {
  // FNV-1a over UTF-16 code units, and a second one by other constants; both are mixed as MurmurHash3 ends.
  let first = 0x811c9dc5 ^ SEEDS[member]
  let step = 0x2f0b4c47 ^ SEEDS[member]
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    first = Math.imul(first ^ unit, 0x01000193)
    step = Math.imul((step ^ unit) + 0x7ed55d16, 0x5bd1e995)
  }
  return { first: mixed(first), step: mixed(step) }
}

/** What of a leaf can be asked for. */
export interface Findable {
  event_type: string | null
  actor: { readonly id: string } | null
  resource: string | null
  action: string | null
  outcome: string | null
  sealed: readonly { readonly subjects: readonly string[] }[]
}

/** All terms of a leaf, each as two numbers. */
export function termsOf({ event_type, actor, resource, action, outcome, sealed }: Findable): number[] {
  const terms: number[] = []
  const add = (member: Member, value: string | null) => {
    if (value === null) return
    const { first, step } = termOf(member, value)
    terms.push(first, step)
  }
  add('event_type', event_type)
  add('who', actor?.id ?? null)
  add('resource', resource)
  add('action', action)
  add('outcome', outcome)
  for (const { subjects } of sealed) for (const subject of subjects) add('who', subject)
  return terms
}

/** The filter of some terms; `pieces` hold two numbers a term, and the same term may come many times. */
export function filterOfTerms(pieces: readonly ArrayLike<number>[]): Buffer {
  const filter = Buffer.alloc(lengthFor(pieces))
  const bits = filter.length * 8
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i += 2) {
      let place = (piece[i] as number) % bits
      const step = (piece[i + 1] as number) % bits
      for (let n = 0; n < PLACES; n++) {
        filter[place >> 3] = (filter[place >> 3] as number) | (1 << (place & 7))
        place += step
        if (place >= bits) place -= bits
      }
    }
  }
  return filter
}

/** Whether a filter may hold a term, as SQL: false only where it does not. `first` and `step` are placeholders. */
export function mayHold(filter: string, first: string, step: string): string {
  const tests = Array.from({ length: PLACES }, (_, n) => {
    const place = `(${first}::bigint % (8 * length(${filter})) + ${n} * (${step}::bigint % (8 * length(${filter})))) % (8 * length(${filter}))`
    return `get_bit(${filter}, ${place}) = 1`
  })
  return `(${filter} IS NULL OR (${tests.join(' AND ')}))`
}

function lengthFor(pieces: readonly ArrayLike<number>[]): number {
  const distinct = new Set<number>()
  for (const piece of pieces) for (let i = 0; i < piece.length; i += 2) distinct.add(piece[i] as number)
  const wanted = Math.ceil((distinct.size * BYTES_A_TERM) / 8) * 8
  return Math.min(Math.max(wanted, LEAST_BYTES), MOST_BYTES)
}

function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
