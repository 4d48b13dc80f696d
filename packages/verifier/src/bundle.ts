import {
  alignedNodes,
  CODEC_DEFLATE,
  CODEC_STORED,
  decodeBundlePayload,
  decodePartPayload,
  endsOfEntries,
  HASH_LENGTH,
  LEAF_PREFIX,
  LENGTH_BYTES,
  type Leaf,
  LeafCheck,
  MAX_ENTRY_LENGTH,
  PREFIX_LENGTH,
  parseLeaf,
  uuidToBytes,
} from '@probity/core'
import { marksOfBytes, rootOfSubtree } from './bulk.ts'
import type { VerifierCrypto } from './crypto.ts'
import { checkPart } from './part.ts'
import { Refusal, refusalOf } from './result.ts'

/** A bundle to check, alone: what comes before and after it does not matter. */
export interface BundleJob {
  /** Payload of a frame `B`. */
  payload: Uint8Array
  /** Payloads of the frames `P` that follow it, in the order that PartOrder asks for. */
  parts: Uint8Array[]
  tenantId: string
  /** A size of the tree at which a root is asked for: no subtree reaches across it. -1 for none. */
  boundary: number
  /** `ids` only reads the event ids of a bundle that was checked before. */
  task: 'check' | 'ids'
}

export interface BundleReport {
  first: number
  count: number
  /** Complete subtrees of the bundle's leaves, from left to right: level and root of each. */
  levels: Uint8Array
  /** 32 bytes each. */
  roots: Uint8Array
  /** 16 bytes each. */
  eventIds: Uint8Array
  /** Sealed parts that agree with their commitments. */
  opened: number
}

/** Checks bundles, here or in another thread; rejects with a Refusal. */
export type CheckBundle = (job: BundleJob) => Promise<BundleReport>

/**
 * Checks all of a bundle that can be checked without its neighbours: each leaf against its prefix, then by formats
 * §1 and the tenant, then the opened parts. Throws Refusal with the first bad index.
 */
export function checkBundle(crypto: VerifierCrypto, job: BundleJob): BundleReport {
  const { first, count, codec, prefixes, bundle } = decodeBundlePayload(job.payload)
  const { bytes, ends } = openBundle(crypto, codec, bundle, first, count)
  const eventIds = new Uint8Array(count * 16)
  const check = new LeafCheck(job.tenantId)
  check.open(bytes, marksOfBytes(bytes))
  const isChecking = job.task === 'check'
  const hashes = new Uint8Array(isChecking ? count * HASH_LENGTH : 0)
  const parts = job.parts.map(decodePartPayload)
  let opened = 0
  for (let i = 0, start = LENGTH_BYTES; i < count; i++) {
    const end = ends[i] ?? 0
    if (isChecking) {
      hashLeaf(crypto, bytes, start, end, hashes, i)
      requirePrefix(hashes, prefixes, i, first)
    }
    const hasParts = parts[opened]?.index === first + i
    // Most leaves are seen to be valid without parsing them; what is not accepted may be so.
    if (hasParts || !check.accepts(start, end, eventIds, i * 16)) {
      const leaf = checkLeaf(bytes.subarray(start, end), job.tenantId, first + i)
      eventIds.set(uuidToBytes(leaf.event_id), i * 16)
      for (let part = parts[opened]; part?.index === first + i; part = parts[++opened]) checkPart(crypto, part, leaf)
    }
    start = end + LENGTH_BYTES
  }
  const nodes = isChecking ? subtrees(crypto, hashes, first, job.boundary) : { levels: hashes, roots: hashes }
  return { first, count, ...nodes, eventIds, opened: job.parts.length }
}

/**
 * Writes the hash of the leaf that stands in an entry bundle from `start` to before `end`, as the `i`-th of `hashes`. Its
 * prefix takes the place of a byte of its length, so that nothing is copied: the bundle is spoilt.
 */
export function hashLeaf(
  crypto: VerifierCrypto,
  bytes: Uint8Array,
  start: number,
  end: number,
  hashes: Uint8Array,
  i: number,
): void {
  bytes[start - 1] = LEAF_PREFIX
  crypto.sha256Into(bytes.subarray(start - 1, end), hashes, i * HASH_LENGTH)
}

/** The leaf of an entry, valid by formats §1 and of the tenant; throws Refusal with its index. */
export function checkLeaf(entry: Uint8Array, tenantId: string, index: number): Leaf {
  try {
    const leaf = parseLeaf(entry)
    if (leaf.tenant_id === tenantId) return leaf
  } catch (error) {
    throw refusalOf(error, index)
  }
  throw new Refusal('TENANT_MISMATCH', index, `entry ${index} is of another tenant`)
}

function openBundle(crypto: VerifierCrypto, codec: number, bundle: Uint8Array, first: number, count: number) {
  try {
    const bytes = unpack(crypto, codec, bundle, count * (LENGTH_BYTES + MAX_ENTRY_LENGTH))
    return { bytes, ends: endsOfEntries(bytes, count) }
  } catch (error) {
    const { message } = refusalOf(error)
    throw new Refusal('BUNDLE_MALFORMED', first, `the bundle of entry ${first} cannot be opened: ${message}`)
  }
}

// The bytes are nobody else's.
function unpack(crypto: VerifierCrypto, codec: number, bundle: Uint8Array, maximum: number): Uint8Array {
  if (codec === CODEC_STORED) return Uint8Array.from(bundle)
  return codec === CODEC_DEFLATE ? crypto.inflateRaw(bundle, maximum) : crypto.unzstd(bundle, maximum)
}

function requirePrefix(hashes: Uint8Array, prefixes: Uint8Array, i: number, first: number): void {
  for (let at = 0; at < PREFIX_LENGTH; at++) {
    if (hashes[i * HASH_LENGTH + at] === prefixes[i * PREFIX_LENGTH + at]) continue
    throw new Refusal('ENTRY_CHANGED', first + i, `entry ${first + i} does not have the hash that stands beside it`)
  }
}

function subtrees(crypto: VerifierCrypto, hashes: Uint8Array, first: number, boundary: number) {
  const end = first + hashes.length / HASH_LENGTH
  const splits = boundary > first && boundary < end ? [first, boundary, end] : [first, end]
  const nodes = splits.slice(1).flatMap((hi, i) => alignedNodes({ lo: splits[i] ?? first, hi }))
  const roots = new Uint8Array(nodes.length * HASH_LENGTH)
  nodes.forEach(({ level, index }, i) => {
    const from = index * 2 ** level - first
    const slice = hashes.subarray(from * HASH_LENGTH, (from + 2 ** level) * HASH_LENGTH)
    roots.set(rootOfSubtree(crypto.sha256, slice), i * HASH_LENGTH)
  })
  return { levels: Uint8Array.from(nodes, ({ level }) => level), roots }
}
