import { z } from 'zod'
import { nextCursor, pageQuery, timestamp, uuid } from './primitives.ts'

const pair = {
  kind: z.enum(['static', 'dynamic']).describe('static: nobody has both; dynamic: nobody uses both at once'),
  role_id: uuid,
  other_role_id: uuid,
}
/** Separation of duties (ANSI INCITS 359-2004, SSD and DSD): two roles that exclude each other, each with all that have it as parent. */
export const roleExclusion = z.object({ id: uuid, ...pair, created_at: timestamp, created_by: uuid })
export type RoleExclusion = z.infer<typeof roleExclusion>
export const createExclusion = z.strictObject(pair).refine(({ role_id, other_role_id }) => role_id !== other_role_id, {
  path: ['other_role_id'],
  message: 'is the same role',
})
export type CreateExclusion = z.infer<typeof createExclusion>
export const exclusionQuery = z.strictObject(pageQuery)
export type ExclusionQuery = z.infer<typeof exclusionQuery>
export const exclusionPage = z.object({ exclusions: z.array(roleExclusion), next_cursor: nextCursor })
