import { FormatError, VerificationError } from '@probity/core'

/** What a verification found. */
export type Result = Verified | NotVerified

export interface Verified {
  verified: true
  kind: 'receipt' | 'range' | 'selection' | 'certificate'
  /** Origin of the log whose checkpoint the proofs lead to. */
  origin: string
  tenant_id: string
  /** The entries `start ≤ i < end`; of a selection, the bounds within which it was made. */
  start: number
  end: number
  /** Size of the checkpoint. */
  size: number
  /** Root of the checkpoint, base64. */
  root: string
  /** Number of entries that were verified. */
  entries: number
  /** Where the checkpoint was anchored; null: nowhere that a trusted anchor log says. */
  anchored: { origin: string; index: number; at: string } | null
  /** Number of opened sealed parts that agree with the commitments in their leaves. */
  sealed_opened: number
  /** Of a certificate: whose keys were destroyed, and which. */
  erased?: { subjects: string[]; keys_destroyed: string[] }
}

export interface NotVerified {
  verified: false
  code: string
  /** The first bad entry, where there is one. */
  index: number | null
  message: string
}

/** Codes of a result that says neither yes nor no: what was given does not suffice to decide. */
export const UNDECIDED: ReadonlySet<string> = new Set(['PIN_INVALID', 'PIN_UNDECIDED'])

/** Why something is not verified; within the package it is thrown, its users get a NotVerified. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly index: number | null

  constructor(code: string, index: number | null, message: string) {
    super(message)
    this.code = code
    this.index = index
  }
}

/** Anything thrown as a Refusal; `index` is the entry that was being looked at. An unexpected error refuses too. */
export function refusalOf(error: unknown, index: number | null = null): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof FormatError || error instanceof VerificationError) {
    return new Refusal(error.code, index, error.message)
  }
  return new Refusal('INTERNAL', index, error instanceof Error ? error.message : String(error))
}

export function notVerified(error: unknown): NotVerified {
  const { code, index, message } = refusalOf(error)
  return { verified: false, code, index, message }
}
