import { z } from 'zod'
import { askedUuid, legible, line, nextCursor, pageQuery, storable, text, timestamp, uuid } from './primitives.ts'

/** A type of resources, or a kind of entities: an identifier, in namespaces where there are any. */
export const typeName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z_]\w*(::[A-Za-z_]\w*)*$/, 'is no name of a type: letters, digits and _, with :: between namespaces')
const name = line(255)
const actionName = line(100).refine(
  (one) => one === '*' || !one.includes('*'),
  '* stands for every action, by itself alone',
)
const attribute = z
  .string()
  .max(200)
  .regex(/^(principal|resource|context)(\.[A-Za-z_]\w*)+$/, 'is no attribute such as resource.state')

/** `invoice`: any of the type; `invoice/17`: that one; `*`: everything. */
export const resourceText = line(255).refine(
  (one) => one === '*' || /^[A-Za-z_]\w*(::[A-Za-z_]\w*)*(\/.+)?$/.test(one),
  'is no resource: a type, a type and an id with / between them, or *',
)

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is no time such as 08:00')
const scalar = z.union([z.string().max(1000), z.number().int(), z.boolean()])
const network = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
  .refine(
    (one) => !(one.includes(':') && one.includes('.')),
    'is an address of IPv4 within one of IPv6: write that of IPv4',
  )

/** What else has to hold; all conditions of a permission do. */
export const accessCondition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('owner') }).describe('resource.owner_id is who asks'),
  z.strictObject({ type: z.literal('tenant_member') }).describe('resource.tenant_id is the tenant of who asks'),
  z.strictObject({
    type: z.literal('attribute'),
    attribute,
    operator: z.enum(['equals', 'not_equals', 'less_than', 'at_most', 'more_than', 'at_least', 'one_of', 'contains']),
    value: z.union([scalar, z.array(scalar).max(100)]).optional(),
    other: attribute.optional().describe('An attribute in the place of value'),
  }),
  z
    .strictObject({
      type: z.literal('time_window'),
      days: z.array(z.number().int().min(1).max(7)).min(1).max(7).describe('1: Monday'),
      from: clock,
      to: clock.describe('Without it; earlier than from: on the next day'),
      zone: z
        .string()
        .max(60)
        .refine((one) => isZone(one), 'is no time zone such as Europe/Berlin'),
    })
    .describe('The server’s clock, in a zone'),
  z
    .strictObject({ type: z.literal('network'), networks: z.array(network).min(1).max(50) })
    .describe('context.ip: an address as text'),
  z
    .strictObject({ type: z.literal('factor'), max_age_seconds: z.number().int().min(1).max(2_592_000) })
    .describe('context.factor_age: seconds since a second factor was shown'),
  z.strictObject({ type: z.literal('risk'), at_most: z.number().int().min(0).max(100) }).describe('context.risk'),
  z
    .strictObject({
      type: z.literal('cedar'),
      expression: text(5000).min(1),
      schema: text(20_000).optional().describe('A schema of Cedar that the expression has to fit, if there is one'),
    })
    .describe('An expression of Cedar over principal, action, resource and context'),
])
export type AccessCondition = z.infer<typeof accessCondition>

export const permission = z.strictObject({
  resource: resourceText,
  action: actionName,
  conditions: z.array(accessCondition).max(20).default([]),
})
export type Permission = z.infer<typeof permission>

const given = {
  name,
  description: text(2000).nullable(),
  permissions: z.array(permission).max(500),
  parent_roles: z.array(uuid).max(50).describe('Roles whose permissions it has as well'),
}
export const role = z.object({
  id: uuid,
  ...given,
  is_system: z.boolean().describe('Whether it is there by itself, and does not change'),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.number().int(),
})
export type Role = z.infer<typeof role>
export const roleQuery = z.strictObject({
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type RoleQuery = z.infer<typeof roleQuery>
export const rolePage = z.object({
  roles: z.array(role),
  total: z.number().int(),
  page: z.number().int(),
  limit: z.number().int(),
})
export const createRole = z.strictObject({
  name: legible(255),
  description: given.description.default(null),
  permissions: given.permissions.default([]),
  parent_roles: given.parent_roles.default([]),
})
export type CreateRole = z.infer<typeof createRole>
export type CreateRoleInput = z.input<typeof createRole>
export const changeRole = z.strictObject({ version: z.number().int().min(1), ...given, name: legible(255) }).partial()
export type ChangeRole = z.infer<typeof changeRole>

const holder = {
  user_id: uuid.nullable().describe('A person or a service account'),
  group_id: uuid.nullable().describe('Everybody in a group'),
}
/** On what a grant counts. */
export const grantExtent = {
  resource_type: typeName.nullable().describe('null: on everything'),
  resource_id: line(255).nullable().describe('null: on everything of the type'),
}
const terms = {
  with_grant_option: z.boolean().describe('Whether who has it may give it to others, on the same and less'),
  reason: text(1000).nullable(),
  expires_at: timestamp.nullable(),
}
export const grant = z.object({
  id: uuid,
  role_id: uuid,
  ...holder,
  ...grantExtent,
  ...terms,
  granted_at: timestamp,
  granted_by: uuid,
  elevation_id: uuid.nullable().describe('What was asked for and approved, that it is by; null: it was given unasked'),
})
export type Grant = z.infer<typeof grant>
export const createGrant = z
  .strictObject({
    role_id: askedUuid,
    user_id: askedUuid.optional(),
    group_id: askedUuid.optional(),
    resource_type: grantExtent.resource_type.default(null),
    resource_id: grantExtent.resource_id.default(null),
    with_grant_option: terms.with_grant_option.default(false),
    reason: legible(1000).nullable().default(null),
    expires_at: terms.expires_at.default(null),
  })
  .refine(({ user_id, group_id }) => (user_id === undefined) !== (group_id === undefined), {
    path: ['user_id'],
    message: 'name one of user_id and group_id',
  })
  .refine(({ resource_type, resource_id }) => resource_id === null || resource_type !== null, {
    path: ['resource_type'],
    message: 'goes with resource_id',
  })
export type CreateGrant = z.infer<typeof createGrant>
export type CreateGrantInput = z.input<typeof createGrant>
export const grantQuery = z.strictObject({
  ...pageQuery,
  user_id: askedUuid.optional(),
  group_id: askedUuid.optional(),
  role_id: askedUuid.optional(),
})
export type GrantQuery = z.infer<typeof grantQuery>
export const grantPage = z.object({ grants: z.array(grant), next_cursor: nextCursor })

/** A moment to ask for again: whatever was committed before it counts in a decision that is at least as new. */
export const accessMoment = z.object({ moment: uuid })
export type AccessMoment = z.infer<typeof accessMoment>
const atLeast = uuid
  .optional()
  .describe(
    'A moment that POST /v1/access/moments answered with: the decision knows whatever was committed before it, or is refused with MOMENT_UNKNOWN',
  )

/** May somebody do this; asked for oneself, or by an application for anybody. */
export const authorize = z.strictObject({
  user_id: askedUuid.optional().describe('Somebody else than who asks; takes the scope access:decide'),
  resource: line(400).regex(/^[A-Za-z_]\w*(::[A-Za-z_]\w*)*\/.+$/, 'is no resource such as invoice/17'),
  resource_attributes: storable
    .default({})
    .describe('What the application knows of it; stands over what was told of it as an entity'),
  action: line(100),
  context: storable.default({}),
  active_roles: z
    .array(askedUuid)
    .max(100)
    .optional()
    .describe('Of the roles that are held, only these count, with their parents; without it all do'),
  at_least: atLeast,
  explain: z
    .boolean()
    .default(false)
    .describe(
      'Whether to show each part of each permission, the nearest first; of oneself anybody may ask, and sees nothing of others',
    ),
})
export type Authorize = z.infer<typeof authorize>
export type AuthorizeInput = z.input<typeof authorize>

/** A part of a permission, and what it came to. */
export interface ExplainedPart {
  text: string
  holds: boolean | null
  because?: string | undefined
  parts?: ExplainedPart[] | undefined
}
const explainedPart: z.ZodType<ExplainedPart> = z
  .object({
    text: z.string(),
    holds: z.boolean().nullable().describe('null: it could not be evaluated'),
    because: z.string().optional(),
    get parts() {
      return z.array(explainedPart).optional()
    },
  })
  .meta({ id: 'ExplainedPart' })
const decidingPolicy = z.object({ id: uuid, policy_name: z.string(), version: z.number().int() })
const obligation = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('step_up'),
    max_age_seconds: z.number().int().nullable().describe('How long ago a second factor may have been shown'),
  }),
  z.object({ type: z.literal('mask'), fields: z.array(z.string()).describe('Fields that are not to be shown') }),
])
export type Obligation = z.infer<typeof obligation>
export const authorized = z.object({
  decision_id: uuid,
  authorized: z.boolean(),
  reason: z.string(),
  required_permissions: z
    .array(z.object({ resource: z.string(), action: z.string() }))
    .describe('What would be enough; none where it is allowed, or forbidden by a policy'),
  roles: z.array(z.object({ id: uuid, name: z.string() })).describe('Those that allow it'),
  policies: z.array(decidingPolicy).describe('Policies that decide it: that forbid it, or permit it beside the roles'),
  warnings: z
    .array(decidingPolicy.extend({ would: z.enum(['allow', 'deny']) }))
    .describe('Policies that only warn, and would decide otherwise'),
  obligations: z
    .array(obligation)
    .describe('What whoever lets them do it has to see to, by what the policies that allow it say'),
  version: z.number().int().describe('Of the roles and policies that it rests on'),
  cedar: z
    .object({ decision: z.enum(['allow', 'deny']), determining: z.array(z.string()), errors: z.array(z.string()) })
    .optional()
    .describe('With explain: what Cedar alone says, which passes over a policy that cannot be evaluated'),
  explanation: z
    .array(
      z.object({
        role: z.string().describe('Role of the permission; empty for a statement of a policy'),
        policy: z.string().optional().describe('Name of the policy whose statement it is'),
        effect: z.enum(['permit', 'forbid']),
        resource: z.string(),
        action: z.string(),
        holds: z.boolean().nullable(),
        parts: z.array(explainedPart),
        needs: z
          .array(z.string())
          .describe('What else would have to hold for it to permit; none of one that does, or that forbids'),
      }),
    )
    .optional(),
})
export type Authorized = z.infer<typeof authorized>

/** How decisions are recorded: each, but where a tenant says that some of what is allowed is enough. */
export const decisionRecording = z.strictObject({
  sampled_actions: z
    .array(line(100))
    .max(100)
    .describe('Actions of which not every decision that allows is recorded; a denial always is'),
  recorded_share: z.number().min(0).max(1).describe('The share of those that is recorded, by chance'),
})
export type DecisionRecording = z.infer<typeof decisionRecording>

/** Many questions about one person at once; what one does not say, the whole says. */
export const authorizeBatch = z.strictObject({
  user_id: authorize.shape.user_id,
  action: authorize.shape.action.optional(),
  context: authorize.shape.context,
  active_roles: authorize.shape.active_roles,
  at_least: atLeast,
  questions: z
    .array(
      z.strictObject({
        resource: authorize.shape.resource,
        resource_attributes: authorize.shape.resource_attributes,
        action: authorize.shape.action.optional(),
        context: storable.optional().describe('In the place of that of the whole'),
        active_roles: authorize.shape.active_roles,
      }),
    )
    .min(1)
    .max(1000),
})
export type AuthorizeBatch = z.infer<typeof authorizeBatch>
export type AuthorizeBatchInput = z.input<typeof authorizeBatch>
export const authorizedBatch = z.object({
  decision_id: uuid,
  answers: z
    .array(z.object({ authorized: z.boolean(), reason: z.string(), obligations: z.array(obligation) }))
    .describe('In the order of the questions'),
  version: z.number().int(),
})
export type AuthorizedBatch = z.infer<typeof authorizedBatch>

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
