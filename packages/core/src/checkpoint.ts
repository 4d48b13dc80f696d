import { decodeBase64, encodeBase64 } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { FormatError, VerificationError } from './errors.ts'
import { HASH_LENGTH } from './merkle.ts'
import { openNote, type VerifierKey } from './note.ts'

/** Head of a log (C2SP tlog-checkpoint). */
export interface Checkpoint {
  origin: string
  /** Number of leaves, a safe integer. */
  size: number
  /** 32 bytes. */
  root: Uint8Array
}

/** The text of a checkpoint's note: `<origin>\n<size>\n<base64 root>\n`. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (origin === '' || origin.includes('\n')) throw malformed('the origin is not one line')
  if (!Number.isSafeInteger(size) || size < 0) throw malformed('the size is not a safe integer')
  if (root.length !== HASH_LENGTH) throw malformed('the root is not 32 bytes long')
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

/** Inverse of formatCheckpoint. Extension lines throw FormatError unless `extensions` allows them. */
export function parseCheckpoint(text: string, { extensions = false } = {}): Checkpoint {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('')) throw malformed('not three lines')
  if (lines.length > 3 && !extensions) throw malformed('extension lines')
  const [origin = '', size = '', root = ''] = lines
  if (!isDecimal(size)) throw malformed('the size is not a decimal number below 2^53')
  const checkpoint = { origin, size: Number(size), root: decodeBase64(root) }
  if (checkpoint.root.length !== HASH_LENGTH) throw malformed('the root is not 32 bytes long')
  return checkpoint
}

/**
 * The checkpoint of a signed note: openNote, and one of the keys that signed must bear the origin as its name
 * (formats §4), so that no log speaks for another. Throws FormatError, or VerificationError (ORIGIN_MISMATCH too).
 */
export function openCheckpoint(note: string, trusted: readonly VerifierKey[], crypto: Crypto): Checkpoint {
  const { text, keys } = openNote(note, trusted, crypto)
  const checkpoint = parseCheckpoint(text)
  if (keys.some(({ name }) => name === checkpoint.origin)) return checkpoint
  throw new VerificationError('ORIGIN_MISMATCH', `no trusted key of ${checkpoint.origin} signed the checkpoint`)
}

/** Whether a text is a decimal number as the C2SP formats write it: no sign, no leading zero, below 2^53. */
export function isDecimal(text: string): boolean {
  return /^(0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
}

function malformed(message: string): FormatError {
  return new FormatError('CHECKPOINT_MALFORMED', `the checkpoint is malformed: ${message}`)
}
