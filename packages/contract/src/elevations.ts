import { z } from 'zod'
import { grantExtent, role, rolePage } from './access.ts'
import { legible, nextCursor, pageQuery, text, timestamp, uuid } from './primitives.ts'

const terms = {
  duration_seconds: z.number().int().min(300).max(86_400).describe('For how long, from the approval on'),
  reason: text(1000),
}
const elevationState = z
  .enum(['pending', 'approved', 'denied', 'withdrawn', 'lapsed'])
  .describe('lapsed: nobody answered within 24 hours')
/** A role for a while, asked for by who is to have it and approved by somebody else. */
export const elevation = z.object({
  id: uuid,
  user_id: uuid.describe('Who asked, for themselves'),
  role_id: uuid,
  ...grantExtent,
  ...terms,
  state: elevationState,
  requested_at: timestamp,
  lapses_at: timestamp,
  decided_at: timestamp.nullable(),
  decided_by: uuid.nullable().describe('Who approved, denied or withdrew it'),
  grant_id: uuid.nullable().describe('What the approval gave'),
})
export type Elevation = z.infer<typeof elevation>
export const createElevation = z
  .strictObject({
    role_id: uuid.optional(),
    role: role.shape.name.optional().describe('Its name, in the place of role_id'),
    resource_type: grantExtent.resource_type.default(null),
    resource_id: grantExtent.resource_id.default(null),
    duration_seconds: terms.duration_seconds,
    reason: legible(1000),
  })
  .refine(({ resource_type, resource_id }) => resource_id === null || resource_type !== null, {
    path: ['resource_type'],
    message: 'goes with resource_id',
  })
  .refine(({ role_id, role: named }) => (role_id === undefined) !== (named === undefined), {
    path: ['role'],
    message: 'name one of role and role_id',
  })
export type CreateElevation = z.infer<typeof createElevation>
export type CreateElevationInput = z.input<typeof createElevation>
export const elevationQuery = z.strictObject({ ...pageQuery, state: elevationState.optional() })
export type ElevationQuery = z.infer<typeof elevationQuery>
export const elevationPage = z.object({ elevations: z.array(elevation), next_cursor: nextCursor })

/** Roles as whoever may ask for one sees them. */
export const elevationRoles = rolePage.extend({
  roles: z.array(role.pick({ id: true, name: true, description: true })),
})
export type ElevationRoles = z.infer<typeof elevationRoles>
