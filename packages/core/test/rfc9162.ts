import { sha256 } from './crypto.ts'

// RFC 9162 §2.1 word for word and nothing else: slow, and the judge of what is fast.

function hash(...parts: Uint8Array[]): Uint8Array {
  return sha256(Buffer.concat(parts))
}

function k(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1))
}

/** §2.1.1. */
export function mth(d: Uint8Array[]): Uint8Array {
  const [only] = d
  if (only === undefined) return hash()
  if (d.length === 1) return hash(Uint8Array.of(0), only)
  return hash(Uint8Array.of(1), mth(d.slice(0, k(d.length))), mth(d.slice(k(d.length))))
}

/** §2.1.3.1. */
export function path(m: number, d: Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return []
  const split = k(d.length)
  if (m < split) return [...path(m, d.slice(0, split)), mth(d.slice(split))]
  return [...path(m - split, d.slice(split)), mth(d.slice(0, split))]
}

/** §2.1.4.1. */
export function proof(m: number, d: Uint8Array[]): Uint8Array[] {
  return subproof(m, d, true)
}

function subproof(m: number, d: Uint8Array[], b: boolean): Uint8Array[] {
  if (m === d.length) return b ? [] : [mth(d)]
  const split = k(d.length)
  if (m <= split) return [...subproof(m, d.slice(0, split), b), mth(d.slice(split))]
  return [...subproof(m - split, d.slice(split), false), mth(d.slice(0, split))]
}

/** Entries of a tree of so many leaves. */
export function entries(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, i) => Buffer.from(`entry ${i}`))
}
