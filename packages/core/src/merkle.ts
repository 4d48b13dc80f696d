import { equal } from './bytes.ts'
import type { Digest } from './crypto.ts'
import { VerificationError } from './errors.ts'

export const LEAF_PREFIX = 0x00 // RFC 9162 §2.1.1
const NODE_PREFIX = 0x01

/** Bytes of a hash of the tree. */
export const HASH_LENGTH = 32

/** RFC 9162 §2.1.1: SHA-256(0x00 ‖ bytes). */
export function leafHash(digest: Digest, bytes: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + bytes.length)
  input[0] = LEAF_PREFIX
  input.set(bytes, 1)
  return digest(input)
}

/** RFC 9162 §2.1.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(digest: Digest, left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + left.length + right.length)
  input[0] = NODE_PREFIX
  input.set(left, 1)
  input.set(right, 1 + left.length)
  return digest(input)
}

/** RFC 9162 §2.1.1: MTH of the empty list. */
export function emptyRoot(digest: Digest): Uint8Array {
  return digest(new Uint8Array())
}

/** A step of an inclusion proof from the leaf up: the hash beside, on which side it stands, and what both make. */
export interface PathStep {
  sibling: Uint8Array
  side: 'left' | 'right'
  parent: Uint8Array
}

/**
 * The way of an inclusion proof (RFC 9162 §2.1.3.2, steps 1 to 5 up to the comparison). Throws VerificationError
 * INCLUSION_INVALID when the proof does not have the form that index and size ask for.
 */
export function inclusionPath(
  digest: Digest,
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
): PathStep[] {
  const invalid = (why: string) => new VerificationError('INCLUSION_INVALID', why)
  if (index < 0n || index >= size) throw invalid('the index is not below the size')
  if (!areHashes([leaf, ...proof])) throw invalid('a hash is not 32 bytes long')
  const steps: PathStep[] = []
  let fn = index
  let sn = size - 1n
  let r = leaf
  for (const p of proof) {
    if (sn === 0n) throw invalid('the proof is too long')
    const side = isOdd(fn) || fn === sn ? 'left' : 'right'
    r = side === 'left' ? nodeHash(digest, p, r) : nodeHash(digest, r, p)
    steps.push({ sibling: p, side, parent: r })
    while (side === 'left' && !isOdd(fn) && fn !== 0n) {
      fn >>= 1n
      sn >>= 1n
    }
    fn >>= 1n
    sn >>= 1n
  }
  if (sn !== 0n) throw invalid('the proof is too short')
  return steps
}

/** The root that an inclusion proof leads to. Throws as inclusionPath does. */
export function rootFromInclusion(
  digest: Digest,
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
): Uint8Array {
  return inclusionPath(digest, leaf, index, size, proof).at(-1)?.parent ?? leaf
}

/** RFC 9162 §2.1.3.2. Throws VerificationError INCLUSION_INVALID unless the leaf is in the tree at `index`. */
export function verifyInclusion(
  digest: Digest,
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (equal(rootFromInclusion(digest, leaf, index, size, proof), root)) return
  throw new VerificationError('INCLUSION_INVALID', 'the proof leads to another root')
}

/**
 * RFC 9162 §2.1.4.2. Throws VerificationError CONSISTENCY_INVALID unless the first tree is a prefix of the second.
 * Equal sizes take an empty proof and equal roots; nothing is proven of the empty tree.
 */
export function verifyConsistency(
  digest: Digest,
  size1: bigint,
  root1: Uint8Array,
  size2: bigint,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  const invalid = (why: string) => new VerificationError('CONSISTENCY_INVALID', why)
  if (size1 <= 0n || size1 > size2) throw invalid('the sizes are not 0 < first ≤ second')
  if (size1 === size2) {
    if (proof.length > 0) throw invalid('the proof between equal sizes is not empty')
    if (!equal(root1, root2)) throw invalid('the roots of equal sizes differ')
    return
  }
  if (!areHashes([root1, root2, ...proof])) throw invalid('a hash is not 32 bytes long')
  const [first, ...rest] = isPowerOfTwo(size1) ? [root1, ...proof] : proof
  if (first === undefined || proof.length === 0) throw invalid('the proof is empty')
  let fn = size1 - 1n
  let sn = size2 - 1n
  while (isOdd(fn)) {
    fn >>= 1n
    sn >>= 1n
  }
  let fr = first
  let sr = first
  for (const c of rest) {
    if (sn === 0n) throw invalid('the proof is too long')
    if (isOdd(fn) || fn === sn) {
      fr = nodeHash(digest, c, fr)
      sr = nodeHash(digest, c, sr)
      while (!isOdd(fn) && fn !== 0n) {
        fn >>= 1n
        sn >>= 1n
      }
    } else {
      sr = nodeHash(digest, sr, c)
    }
    fn >>= 1n
    sn >>= 1n
  }
  if (sn !== 0n) throw invalid('the proof is too short')
  if (!equal(fr, root1)) throw invalid('the proof leads to another first root')
  if (!equal(sr, root2)) throw invalid('the proof leads to another second root')
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === HASH_LENGTH)
}

function isOdd(n: bigint): boolean {
  return (n & 1n) === 1n
}

function isPowerOfTwo(n: bigint): boolean {
  return (n & (n - 1n)) === 0n
}
