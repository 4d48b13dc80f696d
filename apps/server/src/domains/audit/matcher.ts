import { canonicalize, decodeUtf8, type Leaf } from '@probity/core'
import { microseconds } from './formats/time.ts'
import { type Entry, OpenedBundle } from './reader.ts'
import type { BundleFilter } from './store.ts'
import type { BundleRow } from './store-sequencer.ts'
import { type Member, termOf } from './terms.ts'

/** What entries are looked for by. */
export interface Wanted {
  /** RFC 3339; received at or after it. */
  start_time?: string | undefined
  /** Received before it. */
  end_time?: string | undefined
  /** Names or pseudonyms of who acted, one of them. */
  actors?: string[] | undefined
  /** Pseudonyms, one of them: of who acted, or of somebody whose sealed part the entry holds. */
  subjects?: string[] | undefined
  event_type?: string | undefined
  resource?: string | undefined
  action?: string | undefined
  outcome?: string | undefined
  min_risk_score?: number | undefined
  /** Somewhere in the entry's text, whatever its case. */
  text?: string | undefined
}

/** Decides which entries of a bundle are looked for: first by their bytes, then by the leaf. */
export class Matcher {
  /** What a bundle must have. */
  readonly filter: BundleFilter
  readonly #wanted: Wanted
  /** Texts that stand in every entry that matches, the longest first. */
  readonly #needles: string[]
  readonly #text: string | undefined
  readonly #from: number
  readonly #until: number

  constructor(wanted: Wanted) {
    const { start_time, end_time, min_risk_score, event_type, resource, action, outcome, actors, subjects } = wanted
    const exact = Object.entries({ event_type, resource, action, outcome }).filter(
      (pair): pair is [Member, string] => pair[1] !== undefined,
    )
    const who = [actors, subjects].filter((names) => names !== undefined)
    const terms = [
      ...exact.map(([member, value]) => [termOf(member, value)]),
      ...who.map((names) => names.map((name) => termOf('who', name))),
    ]
    this.filter = { start_time, end_time, min_risk_score, terms }
    this.#wanted = wanted
    const only = who.filter((names) => names.length === 1).flat()
    this.#needles = [...exact.map(([, value]) => value), ...only]
      .map((value) => canonicalize(value))
      .sort((a, b) => b.length - a.length)
    this.#text = wanted.text?.toLowerCase()
    this.#from = start_time === undefined ? Number.NEGATIVE_INFINITY : bound(start_time)
    this.#until = end_time === undefined ? Number.POSITIVE_INFINITY : bound(end_time)
  }

  /** Entries of a bundle below an index that match, newest first. */
  matching(row: BundleRow, below: number): Entry[] {
    const bundle = new OpenedBundle(row)
    const [first, ...others] = this.#needles
    const places = first === undefined ? Array.from({ length: row.entries }, (_, i) => i) : bundle.holding(first)
    const found: Entry[] = []
    for (const place of places.reverse()) {
      if (row.first_seq + place >= below || !this.#looksRight(bundle.bytesAt(place), others)) continue
      const entry = bundle.entryAt(place)
      if (this.#matches(entry.leaf)) found.push(entry)
    }
    return found
  }

  // Never false for an entry that matches: the canonical form of each value stands in the leaf as it is.
  #looksRight(bytes: Buffer, needles: readonly string[]): boolean {
    if (!needles.every((needle) => bytes.includes(needle))) return false
    return this.#text === undefined || decodeUtf8(bytes).toLowerCase().includes(this.#text)
  }

  #matches(leaf: Leaf): boolean {
    const { actors, subjects, event_type, resource, action, outcome, min_risk_score } = this.#wanted
    const who = leaf.actor?.id
    return (
      leaf.received_at >= this.#from &&
      leaf.received_at < this.#until &&
      (actors === undefined || (who !== undefined && actors.includes(who))) &&
      (subjects === undefined || isAbout(leaf, subjects)) &&
      (event_type === undefined || leaf.event_type === event_type) &&
      (resource === undefined || leaf.resource === resource) &&
      (action === undefined || leaf.action === action) &&
      (outcome === undefined || leaf.outcome === outcome) &&
      (min_risk_score === undefined || (leaf.risk_score ?? -1) >= min_risk_score)
    )
  }
}

// In microseconds, as entries have it; what is finer is rounded up, so that both bounds keep what they say.
function bound(time: string): number {
  const isFiner = /\.\d{6}\d*[1-9]/.test(time)
  return (microseconds(time) ?? Number.NaN) + Number(isFiner)
}

function isAbout({ actor, sealed }: Leaf, subjects: readonly string[]): boolean {
  if (actor && subjects.includes(actor.id)) return true
  return sealed.some((part) => part.subjects.some((subject) => subjects.includes(subject)))
}
