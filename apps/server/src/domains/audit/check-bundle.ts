import {
  endsOfEntries,
  equal,
  HASH_LENGTH,
  LEAF_TEXTS,
  LENGTH_BYTES,
  LeafCheck,
  parseLeaf,
  uuidToBytes,
} from '@probity/core'
import { hashLeaf, marksOfBytes, nodeCrypto } from '@probity/verifier/node'
import { unpackBody } from './bundle-body.ts'
import { type SearchKeys, type Summary, searchKeys, summarise } from './leaf-run.ts'
import type { SealedEntry } from './reader.ts'
import type { SummarisedRow } from './store.ts'
import { termsOf } from './terms.ts'

/** What is looked at of a stored stretch, beside what it is found by. */
export type StoredBundle = Omit<SummarisedRow, 'tenant_id'>

/** What a stored stretch showed; it can change hands between threads. */
export interface CheckedBundle {
  /** 32 bytes an entry. */
  hashes: Uint8Array<ArrayBuffer>
  /** 16 bytes an entry. */
  eventIds: Uint8Array<ArrayBuffer>
  /** Microseconds, by place; NaN: no valid leaf. */
  receivedAt: Float64Array<ArrayBuffer>
  /** Those that have sealed parts, which are looked at by themselves. */
  sealed: SealedEntry[]
  /** Indexes of entries whose stored hash is another. */
  changed: number[]
  /** Indexes of entries of another tenant. */
  foreign: number[]
  /** Whether it is found by what its entries hold; null where that cannot be told, or it has no summary. */
  isFound: boolean | null
}

/**
 * Looks at all of a stored stretch that needs nothing beside it. Throws where its bytes can't be opened. Most leaves
 * are seen to be valid without parsing them.
 */
export function checkBundle(row: StoredBundle, tenantId: string): CheckedBundle {
  const bundle = unpackBody(row)
  const ends = endsOfEntries(bundle, row.entries)
  const looker = new Looker(bundle, row, tenantId)
  const { checked } = looker
  for (let i = 0, start = LENGTH_BYTES; i < row.entries; i++) {
    const end = ends[i] as number
    hashLeaf(nodeCrypto, bundle, start, end, checked.hashes, i)
    const [from, until] = [i * HASH_LENGTH, (i + 1) * HASH_LENGTH]
    if (!equal(checked.hashes.subarray(from, until), row.hashes.subarray(from, until)))
      checked.changed.push(row.first_seq + i)
    looker.look(start, end, i)
    start = end + LENGTH_BYTES
  }
  const isWhole = checked.changed.length === 0 && !checked.receivedAt.some(Number.isNaN)
  if (isWhole && isSummarised(row)) checked.isFound = isSame(row, looker.summary())
  return checked
}

function isSummarised(row: StoredBundle): boolean {
  return row.terms !== null || row.max_risk !== null || row.received_from !== null || row.received_to !== null
}

function isSame(row: StoredBundle, made: Summary): boolean {
  return (
    row.terms !== null &&
    equal(row.terms, made.terms) &&
    row.max_risk === made.max_risk &&
    row.received_from === made.received_from &&
    row.received_to === made.received_to
  )
}

const LETTER_N = 0x6e
const ID_LENGTH = 16

/** Looks at the leaves of a bundle one after the other, and gathers what they are found by. */
class Looker {
  readonly checked: CheckedBundle
  readonly #bundle: Buffer
  readonly #first: number
  readonly #tenantId: string
  readonly #check: LeafCheck
  readonly #keys = { received: [] as number[], risks: [] as number[], terms: [] as number[] }

  constructor(bundle: Buffer, { first_seq, entries }: StoredBundle, tenantId: string) {
    this.checked = {
      hashes: new Uint8Array(entries * HASH_LENGTH),
      eventIds: new Uint8Array(entries * ID_LENGTH),
      receivedAt: new Float64Array(entries).fill(Number.NaN),
      sealed: [],
      changed: [],
      foreign: [],
      isFound: null,
    }
    this.#bundle = bundle
    this.#first = first_seq
    this.#tenantId = tenantId
    this.#check = new LeafCheck(tenantId)
    this.#check.open(bundle, marksOfBytes(bundle))
  }

  /** Looks at the leaf at a place. */
  look(start: number, end: number, place: number): void {
    const check = this.#check
    if (!check.accepts(start, end, this.checked.eventIds, place * ID_LENGTH) || check.hasParts) {
      this.#parse(this.#bundle.subarray(start, end), place)
      return
    }
    this.checked.receivedAt[place] = check.receivedAt
    this.#note({
      received: check.receivedAt,
      risk: check.riskScore < 0 ? null : check.riskScore,
      terms: this.#terms(),
    })
  }

  summary(): Summary {
    return summarise([this.#keys])
  }

  #parse(bytes: Uint8Array, place: number): void {
    const index = this.#first + place
    try {
      const leaf = parseLeaf(bytes)
      this.#note(searchKeys(leaf))
      const { event_id, tenant_id, sealed } = leaf
      if (tenant_id !== this.#tenantId) this.checked.foreign.push(index)
      if (sealed.length > 0) this.checked.sealed.push({ index, leaf: { event_id, tenant_id, sealed } })
      this.checked.eventIds.set(uuidToBytes(event_id), place * ID_LENGTH)
      this.checked.receivedAt[place] = leaf.received_at
    } catch {
      // no leaf: it stays NaN
    }
  }

  #note({ received, risk, terms }: SearchKeys): void {
    this.#keys.received.push(received)
    this.#keys.risks.push(risk ?? -1)
    for (const term of terms) this.#keys.terms.push(term)
  }

  // Of the leaf that was accepted last, which has no sealed parts.
  #terms(): number[] {
    const actor = this.#text('actor')
    return termsOf({
      event_type: this.#text('event_type'),
      actor: actor === null ? null : { id: actor },
      resource: this.#text('resource'),
      action: this.#text('action'),
      outcome: this.#text('outcome'),
      sealed: [],
    })
  }

  #text(name: keyof typeof LEAF_TEXTS): string | null {
    const start = this.#check.texts[2 * LEAF_TEXTS[name]] as number
    const end = this.#check.texts[2 * LEAF_TEXTS[name] + 1] as number
    if (this.#bundle[start] === LETTER_N) return null
    const text = this.#bundle.toString('latin1', start + 1, end - 1)
    return PLAIN.test(text) ? text : JSON.parse(this.#bundle.toString('utf8', start, end))
  }
}

const PLAIN = /^[ !#-[\]-~]*$/
