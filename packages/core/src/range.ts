import type { Digest } from './crypto.ts'
import { VerificationError } from './errors.ts'
import { emptyRoot, HASH_LENGTH, nodeHash } from './merkle.ts'
import { foldRight, levelOf, type Span, splitPoint } from './span.ts'

/** The complete subtrees that make up [0, start), largest first: the binary digits of `start` (formats §6, `L`). */
export function decomposeLeft(start: number): Span[] {
  const spans: Span[] = []
  let lo = 0
  while (lo < start) {
    const length = start - lo
    const size = levelOf(length) >= 0 ? length : splitPoint(length)
    spans.push({ lo, hi: lo + size })
    lo += size
  }
  return spans
}

/** The nodes of [end, size) in the RFC 9162 tree of `size` leaves, from left to right (formats §6, `R`). */
export function decomposeRight(end: number, size: number): Span[] {
  const spans: Span[] = []
  const walk = (lo: number, hi: number): void => {
    if (hi <= end) return
    if (lo >= end) {
      spans.push({ lo, hi })
      return
    }
    const middle = lo + splitPoint(hi - lo)
    walk(lo, middle)
    walk(middle, hi)
  }
  if (end < size) walk(0, size)
  return spans
}

/** A tree of which only the complete subtrees at its right edge are held: 32 bytes a binary digit of its size. */
export class CompactRange {
  readonly #digest: Digest
  readonly #nodes: Uint8Array[]
  #size: number

  /** `nodes` are the hashes of decomposeLeft(size). Throws VerificationError when their number is wrong. */
  constructor(digest: Digest, size = 0, nodes: readonly Uint8Array[] = []) {
    requireHashes(nodes, decomposeLeft(size).length)
    this.#digest = digest
    this.#size = size
    this.#nodes = [...nodes]
  }

  get size(): number {
    return this.#size
  }

  /** Hashes of the complete subtrees, largest first. */
  nodes(): Uint8Array[] {
    return [...this.#nodes]
  }

  /** Appends one leaf hash. */
  append(leafHash: Uint8Array): void {
    this.appendSubtree(leafHash, 0)
  }

  /** Appends the root of a complete subtree of 2^level leaves; the size must be a multiple of that. */
  appendSubtree(root: Uint8Array, level: number): void {
    const width = 2 ** level
    if (this.#size % width !== 0) throw new RangeError('the subtree does not start at a multiple of its size')
    let node = root
    for (let digits = this.#size / width; digits % 2 === 1; digits = (digits - 1) / 2) {
      node = nodeHash(this.#digest, this.#nodes.pop() as Uint8Array, node)
    }
    this.#nodes.push(node)
    this.#size += width
  }

  /** RFC 9162 §2.1.1 root of all leaves so far. */
  root(): Uint8Array {
    return this.#size === 0 ? emptyRoot(this.#digest) : foldRight(this.#digest, this.#nodes)
  }
}

export interface RangeBounds {
  /** Size of the tree. */
  size: number
  /** First index of the range. */
  start: number
  /** Index after the last of the range. */
  end: number
  /** Hashes of decomposeLeft(start). */
  left: readonly Uint8Array[]
}

/** Recomputes a tree's root from a range of its leaves and the nodes left and right of it (formats §6). */
export class RangeHasher {
  readonly #digest: Digest
  readonly #bounds: RangeBounds
  readonly #edge: CompactRange

  constructor(digest: Digest, bounds: RangeBounds) {
    const { start, end, size } = bounds
    if (![start, end, size].every(Number.isSafeInteger) || start < 0 || start > end || end > size) {
      throw new VerificationError('RANGE_INVALID', 'not 0 ≤ start ≤ end ≤ size')
    }
    this.#digest = digest
    this.#bounds = bounds
    this.#edge = new CompactRange(digest, start, bounds.left)
  }

  /** The index that the next leaf has. */
  get next(): number {
    return this.#edge.size
  }

  append(leafHash: Uint8Array): void {
    this.appendSubtree(leafHash, 0)
  }

  /** Appends 2^level leaves at once, by the root of their subtree. */
  appendSubtree(root: Uint8Array, level: number): void {
    if (this.next + 2 ** level > this.#bounds.end) {
      throw new VerificationError('RANGE_INVALID', 'more leaves than the range has')
    }
    this.#edge.appendSubtree(root, level)
  }

  /** Root of the tree of the leaves before `next`: what an earlier checkpoint of that size must have. */
  rootSoFar(): Uint8Array {
    return this.#edge.root()
  }

  /** The tree's root. `right` are the hashes of decomposeRight(end, size). Throws VerificationError. */
  finish(right: readonly Uint8Array[]): Uint8Array {
    const { end, size } = this.#bounds
    if (this.next !== end) throw new VerificationError('RANGE_INVALID', `the range ends at ${this.next}, not ${end}`)
    requireHashes(right, decomposeRight(end, size).length)
    if (end === size) return this.#edge.root()
    const inside = this.#edge.nodes().values()
    const outside = right.values()
    const combine = (lo: number, hi: number): Uint8Array => {
      if (hi <= end) return inside.next().value as Uint8Array
      if (lo >= end) return outside.next().value as Uint8Array
      const middle = lo + splitPoint(hi - lo)
      const left = combine(lo, middle)
      return nodeHash(this.#digest, left, combine(middle, hi))
    }
    return combine(0, size)
  }
}

/** The root of a tree from a range held in memory; see RangeHasher. */
export function rootOfRange(
  digest: Digest,
  bounds: RangeBounds,
  leafHashes: Iterable<Uint8Array>,
  right: readonly Uint8Array[],
): Uint8Array {
  const hasher = new RangeHasher(digest, bounds)
  for (const hash of leafHashes) hasher.append(hash)
  return hasher.finish(right)
}

function requireHashes(hashes: readonly Uint8Array[], count: number): void {
  if (hashes.length === count && hashes.every((hash) => hash.length === HASH_LENGTH)) return
  throw new VerificationError('RANGE_INVALID', `${hashes.length} nodes where the walk meets ${count}`)
}
