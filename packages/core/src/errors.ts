export type FormatErrorCode =
  | 'JSON_SYNTAX'
  | 'JSON_DUPLICATE_MEMBER'
  | 'JSON_DEPTH'
  | 'JSON_LONE_SURROGATE'
  | 'JSON_NOT_A_VALUE'
  | 'BYTES_MALFORMED'
  | 'LEAF_MALFORMED'
  | 'LEAF_NOT_CANONICAL'
  | 'LEAF_TOO_LONG'
  | 'BUNDLE_MALFORMED'
  | 'TILE_PATH_MALFORMED'
  | 'NOTE_MALFORMED'
  | 'KEY_MALFORMED'
  | 'CHECKPOINT_MALFORMED'
  | 'RECEIPT_MALFORMED'
  | 'ENVELOPE_MALFORMED'
  | 'ID_MALFORMED'
  | 'EXPORT_MALFORMED'
  | 'ANCHOR_MALFORMED'

/** Bytes or values that are not of the form that docs/formats.md asks for. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly code: FormatErrorCode

  constructor(code: FormatErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export type VerificationErrorCode =
  | 'INCLUSION_INVALID'
  | 'CONSISTENCY_INVALID'
  | 'RANGE_INVALID'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_MISSING'
  | 'ORIGIN_MISMATCH'
  | 'ANCHOR_INVALID'

/** Well-formed material that does not prove what it should. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly code: VerificationErrorCode

  constructor(code: VerificationErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
