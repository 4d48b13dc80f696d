import { concat, HASH_LENGTH, LENGTH_BYTES, type Leaf } from '@probity/core'
import { filterOfTerms, termsOf } from './terms.ts'

/** What a search asks of an entry beside its text. */
export interface SearchKeys {
  /** The leaf's received_at, microseconds. */
  received: number
  risk: number | null
  /** Two numbers a term: see terms.ts. */
  terms: readonly number[]
}

/** A leaf with its hash, and what it is found by. */
export interface ReadyLeaf extends SearchKeys {
  bytes: Uint8Array
  hash: Uint8Array
}

/**
 * Leaves that follow each other in a log, in a few large buffers that can change hands between threads. A leaf stands
 * in `bundle` as an entry bundle has it (C2SP tlog-tiles: u16 length, bytes), so that a bundle is a piece of it.
 */
export interface LeafBuffers {
  bundle: Uint8Array<ArrayBuffer>
  /** Where each leaf ends in `bundle`. */
  ends: Uint32Array<ArrayBuffer>
  /** 32 bytes a leaf. */
  hashes: Uint8Array<ArrayBuffer>
  received: Float64Array<ArrayBuffer>
  /** -1: none. */
  risks: Int8Array<ArrayBuffer>
  terms: Uint32Array<ArrayBuffer>
  /** Where the terms of each leaf end in `terms`. */
  termEnds: Uint32Array<ArrayBuffer>
}

/** Puts leaves together. */
export function packLeaves(leaves: readonly ReadyLeaf[]): LeafBuffers {
  const bytes = leaves.reduce((sum, leaf) => sum + LENGTH_BYTES + leaf.bytes.length, 0)
  const terms = leaves.reduce((sum, leaf) => sum + leaf.terms.length, 0)
  const buffers: LeafBuffers = {
    bundle: new Uint8Array(bytes),
    ends: new Uint32Array(leaves.length),
    hashes: new Uint8Array(leaves.length * HASH_LENGTH),
    received: new Float64Array(leaves.length),
    risks: new Int8Array(leaves.length),
    terms: new Uint32Array(terms),
    termEnds: new Uint32Array(leaves.length),
  }
  let at = 0
  let term = 0
  for (const [i, leaf] of leaves.entries()) {
    buffers.bundle[at] = leaf.bytes.length >> 8
    buffers.bundle[at + 1] = leaf.bytes.length & 0xff
    buffers.bundle.set(leaf.bytes, at + LENGTH_BYTES)
    at += LENGTH_BYTES + leaf.bytes.length
    buffers.ends[i] = at
    buffers.hashes.set(leaf.hash, i * HASH_LENGTH)
    buffers.received[i] = leaf.received
    buffers.risks[i] = leaf.risk ?? -1
    buffers.terms.set(leaf.terms, term)
    term += leaf.terms.length
    buffers.termEnds[i] = term
  }
  return buffers
}

/** A window on leaves that follow each other; what it gives are views. */
export class LeafRun {
  readonly #buffers: LeafBuffers
  readonly #from: number
  readonly #until: number

  constructor(buffers: LeafBuffers, from = 0, until = buffers.ends.length) {
    this.#buffers = buffers
    this.#from = from
    this.#until = until
  }

  get count(): number {
    return this.#until - this.#from
  }

  /** Some of these leaves, from one place to before another. */
  slice(from: number, until = this.count): LeafRun {
    return new LeafRun(this.#buffers, this.#from + from, this.#from + until)
  }

  /** The leaves as an entry bundle has them. */
  get bundle(): Uint8Array {
    return this.#buffers.bundle.subarray(this.#start(this.#from), this.#start(this.#until))
  }

  /** 32 bytes a leaf. */
  get hashes(): Uint8Array {
    return this.#buffers.hashes.subarray(this.#from * HASH_LENGTH, this.#until * HASH_LENGTH)
  }

  get received(): Float64Array {
    return this.#buffers.received.subarray(this.#from, this.#until)
  }

  get risks(): Int8Array {
    return this.#buffers.risks.subarray(this.#from, this.#until)
  }

  get terms(): Uint32Array {
    return this.#buffers.terms.subarray(this.#termStart(this.#from), this.#termStart(this.#until))
  }

  hashAt(place: number): Buffer {
    const { buffer } = this.#buffers.hashes
    return Buffer.from(buffer, (this.#from + place) * HASH_LENGTH, HASH_LENGTH)
  }

  /** One leaf by itself. */
  leafAt(place: number): ReadyLeaf {
    const i = this.#from + place
    const { bundle, received, risks, terms } = this.#buffers
    const risk = risks[i] as number
    return {
      bytes: bundle.subarray(this.#start(i) + LENGTH_BYTES, this.#start(i + 1)),
      hash: this.hashAt(place),
      received: received[i] as number,
      risk: risk < 0 ? null : risk,
      terms: Array.from(terms.subarray(this.#termStart(i), this.#termStart(i + 1))),
    }
  }

  #start(i: number): number {
    return i === 0 ? 0 : (this.#buffers.ends[i - 1] as number)
  }

  #termStart(i: number): number {
    return i === 0 ? 0 : (this.#buffers.termEnds[i - 1] as number)
  }
}

/** How many leaves some runs hold. */
export function countOf(runs: readonly LeafRun[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0)
}

/** The keys that a leaf leads to: the only way they are made, so that verification can compare. */
export function searchKeys(leaf: Omit<Leaf, 'data'>): SearchKeys {
  return { received: leaf.received_at, risk: leaf.risk_score, terms: termsOf(leaf) }
}

/** What a bundle is found by. */
export interface Summary {
  /** Least and greatest received_at of its entries, microseconds. */
  received_from: number
  received_to: number
  /** Null: no entry has a risk score. */
  max_risk: number | null
  /** Bloom filter of the entries' terms. */
  terms: Buffer
}

/** The search keys of some leaves; `risks`: -1 for none. */
export interface ManyKeys {
  received: Iterable<number>
  risks: Iterable<number>
  terms: ArrayLike<number>
}

/** Summary of the leaves of some runs. */
export function summarise(runs: readonly ManyKeys[]): Summary {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  let risk = -1
  for (const run of runs) {
    for (const received of run.received) {
      if (received < from) from = received
      if (received > to) to = received
    }
    for (const one of run.risks) if (one > risk) risk = one
  }
  return {
    received_from: from,
    received_to: to,
    max_risk: risk < 0 ? null : risk,
    terms: filterOfTerms(runs.map((run) => run.terms)),
  }
}

/** Hashes of the leaves of some runs, one after the other. */
export function hashesOf(runs: readonly LeafRun[]): Buffer {
  return Buffer.from(concat(runs.map((run) => run.hashes)))
}
