import type { Digest } from './crypto.ts'
import { nodeHash } from './merkle.ts'

/** The leaves `lo ≤ i < hi`; its hash is MTH(D[lo:hi]) of RFC 9162 §2.1.1. */
export interface Span {
  lo: number
  hi: number
}

/** A complete subtree: the 2^level leaves from index · 2^level on. */
export interface NodeAddress {
  level: number
  index: number
}

/** Gives the hash of a complete subtree of 2^level leaves, from tiles or memory. */
export type NodeReader = (level: number, index: number) => Uint8Array

/** Largest power of two smaller than n, for n ≥ 2 (RFC 9162 §2.1.1: k < n ≤ 2k). */
export function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** log2 of a power of two; -1 for any other number. Exact up to 2^52. */
export function levelOf(n: number): number {
  let level = 0
  let power = 1
  while (power < n) {
    power *= 2
    level++
  }
  return power === n ? level : -1
}

/** RFC 9162 §2.1.3.1: the subtrees whose hashes are the inclusion proof of `index`, from the leaf up. */
export function inclusionSpans(index: number, size: number): Span[] {
  requireSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError('the index is not below the size')
  const spans: Span[] = []
  let lo = 0
  let hi = size
  while (hi - lo > 1) {
    const middle = lo + splitPoint(hi - lo)
    if (index < middle) {
      spans.push({ lo: middle, hi })
      hi = middle
    } else {
      spans.push({ lo, hi: middle })
      lo = middle
    }
  }
  return spans.reverse()
}

/** RFC 9162 §2.1.4.1: the subtrees whose hashes are the consistency proof. Empty for equal sizes. */
export function consistencySpans(size1: number, size2: number): Span[] {
  requireSize(size2)
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2)
    throw new RangeError('sizes are not 0 < first ≤ second')
  const spans: Span[] = []
  let lo = 0
  let hi = size2
  while (hi !== size1) {
    const middle = lo + splitPoint(hi - lo)
    if (size1 <= middle) {
      spans.push({ lo: middle, hi })
      hi = middle
    } else {
      spans.push({ lo, hi: middle })
      lo = middle
    }
  }
  if (lo > 0) spans.push({ lo, hi })
  return spans.reverse()
}

/**
 * The complete subtrees that a node of the tree is combined from, from left to right: one, but for the ragged
 * right edge. `lo` must be a multiple of the smallest power of two that is not below the span's length, as it is
 * for every node of a tree.
 */
export function nodesOfSpan(span: Span): NodeAddress[] {
  const nodes: NodeAddress[] = []
  let { lo } = span
  while (lo < span.hi) {
    const length = span.hi - lo
    const whole = levelOf(length)
    const level = whole >= 0 ? whole : levelOf(splitPoint(length))
    if (lo % 2 ** level !== 0) throw new RangeError('the span is not a node of the tree')
    nodes.push({ level, index: lo / 2 ** level })
    lo += 2 ** level
  }
  return nodes
}

/** The complete subtrees that make up any [lo, hi), from left to right, as large as alignment allows. */
export function alignedNodes({ lo, hi }: Span): NodeAddress[] {
  const nodes: NodeAddress[] = []
  for (let at = lo; at < hi; ) {
    let level = 0
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= hi) level++
    nodes.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return nodes
}

/** MTH of a node of the tree, from complete subtrees. */
export function hashOfSpan(digest: Digest, span: Span, read: NodeReader): Uint8Array {
  const hashes = nodesOfSpan(span).map(({ level, index }) => read(level, index))
  return foldRight(digest, hashes)
}

/** The root of complete subtrees of shrinking size: the last two become one until one is left. */
export function foldRight(digest: Digest, hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1)
  if (last === undefined) throw new RangeError('no subtree')
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(digest, left, right), last)
}

function requireSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError('the size is not a safe integer of at least 0')
}
