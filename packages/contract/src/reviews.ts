import { z } from 'zod'
import { grant } from './access.ts'
import { legible, line, nextCursor, pageQuery, timestamp, uuid } from './primitives.ts'

const itemState = z
  .enum(['pending', 'kept', 'ended', 'unanswered', 'changed', 'protected', 'cancelled'])
  .describe(
    'kept, ended: as a reviewer said. Of what nobody answered: unanswered was ended; changed was given again or taken back since the review began, and is as it was; protected stays, since the tenant has no other owner; cancelled is as it was, since the review was cancelled',
  )
const terms = {
  name: line(255),
  due_at: timestamp.describe('Until when it is decided; what nobody answered ends within minutes after'),
  reviewer_ids: z.array(uuid).max(100).describe('Who decides; none: any administrator of the tenant'),
}
const counted = z.number().int()
/** A campaign: somebody says of each grant whether it stays. */
export const accessReview = z.object({
  id: uuid,
  ...terms,
  role_id: uuid.nullable().describe('Of this role alone'),
  group_id: uuid.nullable().describe('Of this group alone'),
  created_at: timestamp,
  created_by: uuid,
  state: z
    .enum(['open', 'ended', 'cancelled'])
    .describe('open: it is decided; ended: its end has passed, and what nobody answered ends within minutes'),
  closed_at: timestamp.nullable().describe('When what nobody answered was ended, or the review was cancelled'),
  cancelled_by: uuid.nullable(),
  items: z.object({
    pending: counted,
    kept: counted,
    ended: counted,
    unanswered: counted,
    changed: counted,
    protected: counted,
    cancelled: counted,
  }),
})
export type AccessReview = z.infer<typeof accessReview>
export const createReview = z
  .strictObject({
    ...terms,
    name: legible(255),
    reviewer_ids: terms.reviewer_ids.default([]),
    role_id: uuid.optional(),
    group_id: uuid.optional(),
    everything: z
      .literal(true)
      .optional()
      .describe('All grants of the tenant, of every role: what nobody answers in time ends'),
  })
  .refine(
    ({ role_id, group_id, everything }) => (role_id === undefined && group_id === undefined) === (everything === true),
    {
      path: ['everything'],
      message: 'name role_id or group_id, or else say everything: true for all grants of the tenant',
    },
  )
export type CreateReview = z.infer<typeof createReview>
export type CreateReviewInput = z.input<typeof createReview>
export const reviewQuery = z.strictObject(pageQuery)
export type ReviewQuery = z.infer<typeof reviewQuery>
export const reviewPage = z.object({ reviews: z.array(accessReview), next_cursor: nextCursor })

/** A grant as it was when the review began. */
export const reviewItem = grant
  .pick({ user_id: true, group_id: true, role_id: true, resource_type: true, resource_id: true, granted_at: true })
  .extend({
    id: uuid.describe('That of the grant'),
    role: z.string().nullable().describe('Its name; null: it is no more'),
    state: itemState,
    decided_at: timestamp.nullable(),
    decided_by: uuid.nullable(),
    reason: z.string().nullable(),
  })
export type ReviewItem = z.infer<typeof reviewItem>
export const reviewItemQuery = z.strictObject({ ...pageQuery, state: itemState.optional() })
export type ReviewItemQuery = z.infer<typeof reviewItemQuery>
export const reviewItemPage = z.object({ items: z.array(reviewItem), next_cursor: nextCursor })
export const decideItem = z.strictObject({
  decision: z.enum(['keep', 'end']),
  reason: legible(1000),
})
export type DecideItem = z.infer<typeof decideItem>
