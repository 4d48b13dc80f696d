import { z } from 'zod'
import { askedTime, nextCursor, pageQuery, text, timestamp, uuid } from './primitives.ts'

export const FORMATS = ['probity', 'ocsf', 'cloudtrail', 'okta', 'github', 'kubernetes', 'gworkspace'] as const
export const format = z.enum(FORMATS)
export const outcome = z.enum(['Success', 'Failure', 'Warning', 'Information'])

/** What became of one event: `index` is null when it is durable and not yet sequenced. */
export const accepted = z.object({
  status: z.enum(['accepted', 'duplicate']),
  event_id: uuid,
  index: z.number().int().nullable(),
})
export const refused = z.object({
  status: z.literal('refused'),
  code: z.string(),
  message: z.string(),
  pointer: z.string().optional(),
})

/** What an application sends: one event of a format, or up to 1,000. */
const event = z.record(z.string(), z.unknown())
export const events = z.union([z.array(event).min(1).max(1000), event])

export const writeQuery = z.strictObject({ format: format.default('probity') })
export const written = z.object({
  results: z.array(z.union([accepted, refused])),
  accepted: z.number().int(),
  duplicate: z.number().int(),
  refused: z.number().int(),
  tree_size: z.number().int(),
})

/** Last line of the answer to an ingest; each refused line has one of its own before. */
export const ingested = z.object({
  accepted: z.number().int(),
  duplicate: z.number().int(),
  refused: z.number().int(),
  lines: z.number().int(),
  tree_size: z.number().int(),
  refusals: z.array(refused.extend({ line: z.number().int() })).describe('The first 1,000'),
})

export const auditEvent = z.object({
  id: uuid,
  index: z.number().int(),
  timestamp: timestamp.describe('When it occurred'),
  received_at: timestamp,
  event_type: z.string(),
  user_id: z.string().nullable().describe('Pseudonym of a person, or name of a service'),
  actor_type: z.enum(['person', 'service', 'system']).nullable(),
  session_id: z.string().nullable(),
  tenant_id: uuid,
  resource: z.string().nullable(),
  action: z.string().nullable(),
  outcome,
  risk_score: z.number().int().nullable(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  event_data: z.record(z.string(), z.unknown()),
  sealed: z.array(
    z.object({
      subjects: z.array(uuid),
      state: z.enum(['sealed', 'opened', 'erased', 'missing']),
      members: z.record(z.string(), z.unknown()).optional().describe('JSON Pointer to value, when opened'),
    }),
  ),
  cryptographic_hash: z.string().describe('Leaf hash, hex'),
  digital_signature: z.string().describe('Signed checkpoint that covers the entry'),
})
export type AuditEvent = z.infer<typeof auditEvent>

const count = z.number().int()
const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .default(false)
  .transform((value) => value === true || value === 'true')

export const eventQuery = z.strictObject({
  ...pageQuery,
  start_time: askedTime.optional().describe('received_at at or after'),
  end_time: askedTime.optional().describe('received_at before'),
  user_id: text(2048)
    .optional()
    .describe('Pseudonym or service; with audit:read_personal any name of the person, which is recorded'),
  event_type: text(255).optional(),
  resource: text(2048).optional(),
  action: text(2048).optional(),
  outcome: outcome.optional(),
  min_risk_score: z.coerce.number().int().min(0).max(100).optional(),
  ip_address: text(64).optional().describe('Needs audit:read_personal'),
  below: z.coerce.number().int().min(0).optional().describe('Entries before this index alone'),
  text: text(200).min(2).optional().describe('Anywhere in the unsealed part, without regard to case'),
  personal: flag.describe('Open sealed parts; needs audit:read_personal and is recorded'),
})
export type EventQuery = z.infer<typeof eventQuery>
export const oneEventQuery = z.strictObject({ personal: flag })
export const eventPage = z.object({
  events: z.array(auditEvent),
  total: z.number().int().describe('Entries in the log'),
  has_more: z.boolean(),
  next_cursor: nextCursor,
})

export const tailQuery = z.strictObject({ from: z.coerce.number().int().min(0).optional() })

export const verifyRange = z.strictObject({
  start_position: z.number().int().min(0).default(0),
  end_position: z.number().int().min(0).optional().describe('Exclusive; by default the size of the log'),
})
export type VerifyRange = z.infer<typeof verifyRange>
export const invalidEntry = z.object({ index: z.number().int(), code: z.string(), message: z.string() })
export type InvalidEntry = z.infer<typeof invalidEntry>
export const rangeVerified = z.object({
  id: uuid,
  valid: z.boolean(),
  chain_length: z.number().int(),
  start_position: z.number().int(),
  end_position: z.number().int(),
  verification_timestamp: timestamp,
  invalid_entries: z.array(invalidEntry),
  verification_signature: z.string(),
})
export type RangeVerified = z.infer<typeof rangeVerified>

export const verificationQuery = z.strictObject(pageQuery)
export const verificationPage = z.object({
  verifications: z
    .array(
      rangeVerified
        .omit({ chain_length: true })
        .extend({ verifier_id: uuid.nullable().describe('null: the schedule') }),
    )
    .describe('The newest first'),
  next_cursor: nextCursor,
})
export type Verification = z.infer<typeof verificationPage>['verifications'][number]

export const histogramQuery = eventQuery
  .omit({ limit: true, cursor: true, below: true, personal: true })
  .extend({ buckets: z.coerce.number().int().min(1).max(200).default(60) })
export type HistogramQuery = z.infer<typeof histogramQuery>
export type HistogramInput = z.input<typeof histogramQuery>
export const histogram = z.object({
  buckets: z
    .array(z.object({ start_time: timestamp, Success: count, Failure: count, Warning: count, Information: count }))
    .describe('The oldest first, each as long as the others'),
  is_complete: z
    .boolean()
    .describe('Whether all that was asked for is counted; false: there is so much that only the newest is'),
})
export type Histogram = z.infer<typeof histogram>

export const checkpointQuery = z.strictObject({
  anchored: flag.describe('The newest checkpoint that was anchored, with the line that proves it'),
})

export const acceptRollback = z.strictObject({
  tenant_id: uuid.describe('Whose log is behind what was seen of it'),
  reason: z.string().min(1).max(2048).describe('Why it was put back; recorded in the log'),
})
export type AcceptRollback = z.infer<typeof acceptRollback>
export const rollbackAccepted = z.object({
  lost_from: z.number().int().describe('First index that is gone'),
  lost_until: z.number().int().describe('Index after the last that is gone'),
})

export const consistencyQuery = z.strictObject({
  from: z.coerce.number().int().min(0),
  to: z.coerce.number().int().min(0).optional(),
})
export const consistency = z.object({
  from: z.number().int(),
  to: z.number().int(),
  hashes: z.array(z.string()).describe('RFC 9162 §2.1.4 consistency proof, base64'),
})
export type Consistency = z.infer<typeof consistency>

const exported = {
  start: z.coerce.number().int().min(0).default(0).describe('From this entry on'),
  end: z.coerce.number().int().min(0).optional().describe('Up to but without this one; the size of the log without it'),
}
export const exportQuery = z.strictObject({
  ...exported,
  user_id: eventQuery.shape.user_id,
  event_type: eventQuery.shape.event_type,
  personal: flag,
})
/** What a search looks for, within a stretch: without any of it the stretch as a whole. */
export const exportBody = eventQuery.omit({ limit: true, cursor: true, below: true }).extend(exported)
export type ExportQuery = z.infer<typeof exportBody>
export const logKey = z.object({
  origin: z.string(),
  keys: z.array(z.string()).describe('Verifier keys (C2SP signed-note)'),
  anchor_keys: z
    .array(z.string())
    .describe('Verifier keys of the anchor log: trust them to see where heads were anchored'),
})
