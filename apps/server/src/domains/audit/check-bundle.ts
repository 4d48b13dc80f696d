import {
  endsOfEntries,
  equal,
  HASH_LENGTH,
  LEAF_TEXTS,
  LENGTH_BYTES,
  type Leaf,
  LeafCheck,
  parseLeaf,
  uuidToBytes,
} from '@probity/core'
import { hashLeaf, marksOfBytes, nodeCrypto } from '@probity/verifier/node'
import { unpackBody } from './bundle-body.ts'
import { type SearchKeys, type Summary, searchKeys, summarise } from './leaf-run.ts'
import type { SummarisedRow } from './store.ts'
import { termsOf } from './terms.ts'

/** What is known of an entry that could be read. */
export interface CheckedEntry {
  index: number
  eventId: Uint8Array
  receivedAt: number
  /** Where it has sealed parts: they are looked at by themselves. */
  sealed: { leaf: Leaf; bytes: Uint8Array; hash: Buffer } | null
}

/** What a stored stretch showed. */
export interface CheckedBundle {
  /** 32 bytes an entry. */
  hashes: Uint8Array
  /** By place; null: no valid leaf. */
  entries: (CheckedEntry | null)[]
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
export function checkBundle(row: SummarisedRow, tenantId: string): CheckedBundle {
  const bundle = unpackBody(row)
  const ends = endsOfEntries(bundle, row.entries)
  const looker = new Looker(bundle, tenantId)
  const hashes = new Uint8Array(row.entries * HASH_LENGTH)
  const checked: CheckedBundle = { hashes, entries: [], changed: [], foreign: looker.foreign, isFound: null }
  for (let i = 0, start = LENGTH_BYTES; i < row.entries; i++) {
    const end = ends[i] as number
    const bytes = bundle.subarray(start, end)
    hashLeaf(nodeCrypto, bundle, start, end, hashes, i)
    const hash = hashes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)
    if (!equal(hash, row.hashes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)))
      checked.changed.push(row.first_seq + i)
    checked.entries.push(looker.look(bytes, start, row.first_seq + i, hash))
    start = end + LENGTH_BYTES
  }
  const isWhole = checked.changed.length === 0 && !checked.entries.includes(null)
  if (isWhole && isSummarised(row)) checked.isFound = isSame(row, looker.summary())
  return checked
}

function isSummarised(row: SummarisedRow): boolean {
  return row.terms !== null || row.max_risk !== null || row.received_from !== null || row.received_to !== null
}

function isSame(row: SummarisedRow, made: Summary): boolean {
  return (
    row.terms?.equals(made.terms) === true &&
    row.max_risk === made.max_risk &&
    row.received_from === made.received_from &&
    row.received_to === made.received_to
  )
}

const LETTER_N = 0x6e

/** Looks at the leaves of a bundle one after the other, and gathers what they are found by. */
class Looker {
  /** Indexes of entries of other tenants. */
  readonly foreign: number[] = []
  readonly #bundle: Buffer
  readonly #tenantId: string
  readonly #check: LeafCheck
  readonly #keys = { received: [] as number[], risks: [] as number[], terms: [] as number[] }

  constructor(bundle: Buffer, tenantId: string) {
    this.#bundle = bundle
    this.#tenantId = tenantId
    this.#check = new LeafCheck(tenantId)
    this.#check.open(bundle, marksOfBytes(bundle))
  }

  look(bytes: Uint8Array, start: number, index: number, hash: Uint8Array): CheckedEntry | null {
    const eventId = new Uint8Array(16)
    const check = this.#check
    if (!check.accepts(start, start + bytes.length, eventId, 0) || check.hasParts)
      return this.#parse(bytes, index, hash)
    const risk = check.riskScore < 0 ? null : check.riskScore
    this.#note({ received: check.receivedAt, risk, terms: this.#terms() })
    return { index, eventId, receivedAt: check.receivedAt, sealed: null }
  }

  summary(): Summary {
    return summarise([this.#keys])
  }

  #parse(bytes: Uint8Array, index: number, hash: Uint8Array): CheckedEntry | null {
    try {
      const leaf = parseLeaf(bytes)
      this.#note(searchKeys(leaf))
      if (leaf.tenant_id !== this.#tenantId) this.foreign.push(index)
      const sealed = leaf.sealed.length === 0 ? null : { leaf, bytes, hash: Buffer.from(hash) }
      return { index, eventId: uuidToBytes(leaf.event_id), receivedAt: leaf.received_at, sealed }
    } catch {
      return null
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
