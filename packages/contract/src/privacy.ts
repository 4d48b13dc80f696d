import { z } from 'zod'
import { nextCursor, pageQuery, text, timestamp, uuid } from './primitives.ts'

export const eraseSubject = z.strictObject({
  erasure_method: z.enum(['CryptographicErasure', 'PhysicalDeletion']).default('CryptographicErasure'),
  legal_basis: text(2000).min(1).default('GDPR Art. 17(1)'),
  data_categories: z.array(text(100)).max(100).default([]),
  verification_required: z.boolean().default(false),
  all: z.boolean().default(false).describe('Erase everybody who goes by this name'),
})
export type EraseSubject = z.infer<typeof eraseSubject>

export const erased = z.object({
  erasure_id: uuid,
  status: z.enum(['Completed']),
  timestamp,
  subjects: z.array(uuid).describe('Pseudonyms that no longer lead to anybody'),
  keys_destroyed: z.array(uuid),
  affected_data_count: z.number().int(),
  verification_hash: z.string().describe('Hex SHA-256 of proof_of_erasure'),
  proof_of_erasure: z.string().describe('Signed note that names the keys and the entry'),
  receipt: z.string().describe('Receipt (tlog-proof) of the entry that records the erasure'),
  unrecoverable_after: timestamp,
})
export type Erased = z.infer<typeof erased>

/** A request to erase a person, and what became of it. */
export const erasureRequest = z.object({
  id: uuid,
  subject_id: uuid.describe('Pseudonym; what named the person is not kept'),
  request_date: timestamp,
  erasure_method: z.string(),
  legal_basis: z.string(),
  status: z.enum(['Pending', 'InProgress', 'Completed', 'Failed']),
  completion_date: timestamp.nullable(),
  affected_data_count: z.number().int().describe('Sealed parts that can no longer be opened'),
  verification_hash: z.string().nullable().describe('Hex SHA-256 of proof_of_erasure'),
  proof_of_erasure: z.string().nullable().describe('The certificate'),
  unrecoverable_after: timestamp.nullable(),
  requested_by: uuid.nullable(),
})
export type ErasureRequest = z.infer<typeof erasureRequest>
export const erasureQuery = z.strictObject(pageQuery)
export const erasurePage = z.object({ erasures: z.array(erasureRequest), next_cursor: nextCursor })
