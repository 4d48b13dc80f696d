import type { ErrorCode } from '@probity/contract'
import type { ReadyLeaf } from '../leaf-run.ts'

/** An event made ready for the log: nothing personal is in it but under keys. */
export interface Prepared {
  tenantId: string
  eventId: string
  /** The leaf, final. */
  leaf: ReadyLeaf
  /** Digest of the content as sent; null where the id is of our making and cannot come again. */
  content: Buffer | null
  parts: { subjects: string[]; envelope: Buffer }[]
}

/** An event that was not taken, and why. */
export interface Refused {
  status: 'refused'
  code: ErrorCode
  message: string
  pointer?: string
}
