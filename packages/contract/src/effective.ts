import { z } from 'zod'
import { accessCondition, authorize, grantExtent, permission } from './access.ts'
import { entityReference } from './entities.ts'
import { line, nextCursor, timestamp, uuid } from './primitives.ts'
import { scope } from './scopes.ts'

const reached = {
  grant_id: uuid,
  group_id: uuid.nullable().describe('Group by which they have it; null: they have it themselves'),
  ...grantExtent,
  since: timestamp.describe('When it was given, or when they came into the group, whichever is later'),
  expires_at: timestamp.nullable(),
}
const named = { policy_id: uuid, version: z.number().int(), policy_name: z.string() }
const extent = (of: string) => z.string().describe(`${of}: \`type\` any of a type, \`type/id\` that one, \`*\` any`)
/** A statement of a policy that is in force, and enforced. */
export const policyStatement = z.object({
  ...named,
  statement: z.string().describe('By its place in the text, from policy0 on'),
  effect: z.enum(['permit', 'forbid']),
  principal: extent('Of whom'),
  principal_in: entityReference.nullable().describe('Role, group or entity that whoever it is of is in; null: none'),
  actions: z.array(z.string()).describe('`*`: any'),
  resource: extent('On what'),
  resource_in: entityReference.nullable().describe('What that is, or is in; null: nothing'),
  has_conditions: z.boolean().describe('Whether more has to hold, which is not told by what was asked'),
  since: timestamp.describe('When this version came in force'),
  expires_at: timestamp.nullable(),
})
export type PolicyStatement = z.infer<typeof policyStatement>

/** What somebody may do, and by what. */
export const effectiveAccess = z.object({
  user_id: uuid,
  is_active: z.boolean().describe('false: whatever they have, they may do nothing'),
  scopes: z
    .array(scope)
    .describe(
      'What they may do in Probity itself beside roles, themselves and by their groups; no policy takes it away',
    ),
  roles: z.array(z.object({ role_id: uuid, role: z.string(), ...reached })).describe('As they were given'),
  permissions: z
    .array(permission.extend({ role_id: uuid, role: z.string(), ...reached }))
    .describe(
      'Of these roles and of their parents, each with the grant that it comes by; of two roles of which nobody may have both, of neither',
    ),
  policies: z
    .array(policyStatement)
    .describe(
      'Statements that are of them, themselves or by a group, a role or an entity that they are in. What one forbids they may not do, whatever permits it',
    ),
})
export type EffectiveAccess = z.infer<typeof effectiveAccess>

/** Who may do something. */
export const searchAccess = z.strictObject({
  resource: authorize.shape.resource,
  action: line(100),
  limit: z.number().int().min(1).max(500).default(100),
  cursor: z.string().max(100).optional(),
})
export type SearchAccess = z.infer<typeof searchAccess>
export type SearchAccessInput = z.input<typeof searchAccess>
export const accessFound = z.object({
  people: z
    .array(
      z.object({
        user_id: uuid,
        role_id: uuid.describe('As it was given'),
        role: z.string(),
        ...reached,
        conditions: z.array(accessCondition).describe('What else has to hold; none: the role always allows it'),
        needs_active_roles: z
          .boolean()
          .describe(
            'Whether this role counts only where the question names `active_roles`: beside it they have one that nobody uses at once with it',
          ),
        forbidding: z
          .array(z.object(named))
          .describe('Policies that forbid it to them where more holds than is known; none: nothing does'),
      }),
    )
    .describe(
      'Once for each grant by which somebody may. Whom a policy forbids it, whatever else holds and whatever is told of them and of the action, is not among them: they may not. A page may have fewer than its limit for it',
    ),
  policies: z
    .array(policyStatement)
    .describe(
      'Statements that permit it, to others than these people too, and statements that forbid it: whom each is of is in its principal',
    ),
  others_by_policy: z
    .boolean()
    .describe('Whether a policy permits it, perhaps to others than these people: no people is not nobody then'),
  next_cursor: nextCursor,
})
export type AccessFound = z.infer<typeof accessFound>
