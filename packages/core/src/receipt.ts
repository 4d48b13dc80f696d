import { decodeBase64, encodeBase64 } from './bytes.ts'
import { type Checkpoint, isDecimal, openCheckpoint } from './checkpoint.ts'
import type { Crypto } from './crypto.ts'
import { FormatError } from './errors.ts'
import { type Leaf, parseLeaf } from './leaf.ts'
import { HASH_LENGTH, leafHash, verifyInclusion } from './merkle.ts'
import type { VerifierKey } from './note.ts'

/** First line of a receipt (C2SP tlog-proof). */
export const RECEIPT_HEADER = 'c2sp.org/tlog-proof@v1'

const MAX_PROOF = 63

export interface Receipt {
  /** The bytes of the leaf. */
  leaf: Uint8Array
  index: number
  /** The inclusion proof from the leaf up, 32 bytes each. */
  proof: Uint8Array[]
  /** The whole signed note. */
  checkpoint: string
}

export interface OpenedReceipt {
  leaf: Leaf
  leafBytes: Uint8Array
  index: number
  checkpoint: Checkpoint
}

/** The text of a receipt (formats §5). */
export function formatReceipt({ leaf, index, proof, checkpoint }: Receipt): string {
  const hashes = proof.map((hash) => `${encodeBase64(hash)}\n`).join('')
  return `${RECEIPT_HEADER}\nextra ${encodeBase64(leaf)}\nindex ${index}\n${hashes}\n${checkpoint}`
}

/** Inverse of formatReceipt; verifies nothing. Throws FormatError. */
export function parseReceipt(text: string): Receipt {
  const blank = text.indexOf('\n\n')
  if (blank === -1) throw malformed('no checkpoint')
  const [header, extra = '', index = '', ...hashes] = text.slice(0, blank).split('\n')
  if (header !== RECEIPT_HEADER) throw malformed(`the first line is not ${RECEIPT_HEADER}`)
  if (!extra.startsWith('extra ')) throw malformed('no line of extra data')
  if (!index.startsWith('index ') || !isDecimal(index.slice(6))) throw malformed('no index')
  if (hashes.length > MAX_PROOF) throw malformed(`more than ${MAX_PROOF} hashes`)
  const proof = hashes.map(decodeBase64)
  if (proof.some((hash) => hash.length !== HASH_LENGTH)) throw malformed('a hash is not 32 bytes long')
  return {
    leaf: decodeBase64(extra.slice(6)),
    index: Number(index.slice(6)),
    proof,
    checkpoint: text.slice(blank + 2),
  }
}

/**
 * What a receipt proves: this leaf stands at this index of the log with this checkpoint (RFC 9162 §2.1.3.2).
 * Throws FormatError or VerificationError. That the leaf's tenant is the log's is for the caller to compare.
 */
export function openReceipt(text: string, trusted: readonly VerifierKey[], crypto: Crypto): OpenedReceipt {
  const receipt = parseReceipt(text)
  const checkpoint = openCheckpoint(receipt.checkpoint, trusted, crypto)
  const hash = leafHash(crypto.sha256, receipt.leaf)
  verifyInclusion(crypto.sha256, hash, BigInt(receipt.index), BigInt(checkpoint.size), receipt.proof, checkpoint.root)
  return { leaf: parseLeaf(receipt.leaf), leafBytes: receipt.leaf, index: receipt.index, checkpoint }
}

function malformed(message: string): FormatError {
  return new FormatError('RECEIPT_MALFORMED', `the receipt is malformed: ${message}`)
}
