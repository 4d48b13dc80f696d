import { concat, decodeUtf8, encodeHex, encodeUtf8, readU16, u16 } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import type { Crypto, Digest } from './crypto.ts'
import { FormatError, VerificationError } from './errors.ts'
import { HASH_LENGTH, nodeHash } from './merkle.ts'
import { parseNote, signatureLine, type VerifierKey } from './note.ts'
import { openReceipt } from './receipt.ts'

/** Tenant id of the anchor log: the installation's own. */
export const ANCHOR_TENANT = '00000000-0000-0000-0000-000000000000'
/** Event type of the anchor log's leaves. */
export const ANCHOR_EVENT = 'log.anchored'
/** Hash of a subtree of the heads tree that holds no head. */
export const EMPTY_HEADS = new Uint8Array(HASH_LENGTH)

const LINE_TYPE = concat([Uint8Array.of(0xff), encodeUtf8('probity-anchor/1')])
const MAX_DEPTH = 256

/** Where a checkpoint was anchored. */
export interface Anchored {
  /** Origin of the anchor log. */
  origin: string
  /** Index of the anchor's leaf in the anchor log. */
  index: number
  /** When, by the server's clock: microseconds since 1970. */
  at: number
  /** The anchor log's head that the proof leads to. */
  checkpoint: Checkpoint
}

/** Place of a log in the heads tree (formats §11): the bits of SHA-256(origin), the first one at the root. */
export function headKey(digest: Digest, origin: string): Uint8Array {
  return digest(encodeUtf8(origin))
}

/** Leaf of the heads tree: SHA-256(0x00 ‖ key ‖ SHA-256(text of the checkpoint)). */
export function headLeaf(digest: Digest, key: Uint8Array, checkpointText: string): Uint8Array {
  return digest(concat([Uint8Array.of(0), key, digest(encodeUtf8(checkpointText))]))
}

/** Whether bit `depth` of a key, counted from the first, leads to the right. */
export function turnsRight(key: Uint8Array, depth: number): boolean {
  return (((key[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1) === 1
}

/** Root that a leaf and its path, from the leaf up, lead to. */
export function rootOfHead(digest: Digest, key: Uint8Array, leaf: Uint8Array, path: readonly Uint8Array[]): Uint8Array {
  return path.reduce((node, sibling, i) => {
    const right = turnsRight(key, path.length - 1 - i)
    return right ? nodeHash(digest, sibling, node) : nodeHash(digest, node, sibling)
  }, leaf)
}

/**
 * The line that says in a checkpoint's note where it was anchored: `u16` length of the path ‖ path ‖ receipt of the
 * anchor's leaf. Who does not know it takes it for a signature of an unknown key and ignores it.
 */
export function anchorLine(digest: Digest, anchorOrigin: string, path: readonly Uint8Array[], receipt: string): string {
  const proof = concat([u16(path.length), ...path, encodeUtf8(receipt)])
  return signatureLine(anchorOrigin, lineId(digest, anchorOrigin), proof)
}

/**
 * Where the checkpoint of a note was anchored, by an anchor log whose key is trusted; null when no such log's line
 * is there. Throws FormatError or VerificationError for a line of a trusted log that does not hold.
 */
export function openAnchor(note: string, trusted: readonly VerifierKey[], crypto: Crypto): Anchored | null {
  const { text, signatures } = parseNote(note)
  const names = new Set(trusted.map(({ name }) => name).filter((name) => name.endsWith(`/${ANCHOR_TENANT}`)))
  for (const { name, keyId, signature } of signatures) {
    if (!names.has(name) || encodeHex(keyId) !== encodeHex(lineId(crypto.sha256, name))) continue
    return verifyAnchor(name, text, signature, trusted, crypto)
  }
  return null
}

function verifyAnchor(
  name: string,
  text: string,
  proof: Uint8Array,
  trusted: readonly VerifierKey[],
  crypto: Crypto,
): Anchored {
  const { path, receipt } = parseProof(proof)
  const { leaf, index, checkpoint } = openReceipt(receipt, trusted, crypto)
  if (checkpoint.origin !== name || leaf.tenant_id !== ANCHOR_TENANT || leaf.event_type !== ANCHOR_EVENT)
    throw invalid('its receipt is not one of the anchor log')
  const key = headKey(crypto.sha256, parseCheckpoint(text).origin)
  const root = rootOfHead(crypto.sha256, key, headLeaf(crypto.sha256, key, text), path)
  if (leaf.data.heads !== encodeHex(root)) throw invalid('the checkpoint is not among the heads that were anchored')
  return { origin: name, index, at: leaf.received_at, checkpoint }
}

function parseProof(proof: Uint8Array): { path: Uint8Array[]; receipt: string } {
  const depth = proof.length < 2 ? MAX_DEPTH + 1 : readU16(proof)
  const end = 2 + depth * HASH_LENGTH
  if (depth > MAX_DEPTH || proof.length <= end)
    throw new FormatError('ANCHOR_MALFORMED', 'the anchor is malformed: the path is cut short')
  const path = Array.from({ length: depth }, (_, i) => proof.subarray(2 + i * HASH_LENGTH, 2 + (i + 1) * HASH_LENGTH))
  return { path, receipt: decodeUtf8(proof.subarray(end)) }
}

function lineId(digest: Digest, name: string): Uint8Array {
  return digest(concat([encodeUtf8(`${name}\n`), LINE_TYPE])).subarray(0, 4)
}

function invalid(message: string): VerificationError {
  return new VerificationError('ANCHOR_INVALID', `the anchor does not hold: ${message}`)
}
