import { z } from 'zod'
import { line, nextCursor, pageQuery, text, timestamp, uuid } from './primitives.ts'
import { permit, scope } from './scopes.ts'

const email = z.email().max(254)
const displayName = line(255)
/** Rules beyond its length are the server's: they need the person and the list of the commonest. */
export const password = text(1024).min(1)

export const userStatus = z.enum(['invited', 'active', 'suspended', 'deactivated'])
export type UserStatus = z.infer<typeof userStatus>

export const user = z.object({
  id: uuid,
  username: z.string(),
  email: z.string(),
  email_verified: z.boolean().describe('Whether a link that was mailed there was used'),
  display_name: z.string().nullable(),
  status: userStatus,
  locked_until: timestamp.nullable().describe('No log-in before from a place that is not known; null: not locked'),
  failed_login_attempts: z.number().int(),
  scopes: z.array(scope),
  group_scopes: z.array(scope).describe('What groups open, beside'),
  mfa_enabled: z.boolean(),
  is_break_glass: z
    .boolean()
    .describe('Whether its password opens it where all others log in through a provider alone'),
  created_at: timestamp,
  updated_at: timestamp,
  last_login_at: timestamp.nullable(),
  version: z.number().int().describe('To be sent back with a change, so that nobody undoes another’s unseen'),
})
export type User = z.infer<typeof user>
/** Oneself, and who really is there: to be shown for as long as somebody acts as another. */
export const self = user.extend({
  impersonated_by: uuid.nullable().describe('Administrator who acts as you; null: you are yourself'),
  tenant: z.object({ id: uuid, name: z.string() }),
  permits: z.array(permit).describe('What scopes and roles let you do here, as `type:action`'),
  must_add_factor: z.boolean().describe('The tenant demands a second factor and none was shown'),
})
export type Self = z.infer<typeof self>

export const createUser = z.strictObject({
  username: line(255).optional().describe('By default the address'),
  email,
  display_name: displayName.optional(),
  scopes: z
    .array(scope)
    .max(10)
    .default([])
    .describe('None that you do not have yourself; what roles open they may beside these'),
  password_hash: line(255)
    .optional()
    .describe(
      'From another system, so that nobody needs another password: argon2, bcrypt, scrypt or PBKDF2. The user is active at once, and not invited',
    ),
})
export type CreateUser = z.infer<typeof createUser>
export const invited = z.object({
  user,
  invitation_url: z
    .string()
    .nullable()
    .describe(
      'For you to hand over, where the server can send no mail; null: it was mailed, or is not needed. Good once, for a week',
    ),
})
export type Invited = z.infer<typeof invited>

export const changeUser = z.strictObject({
  version: z.number().int().min(1).optional(),
  username: line(255).optional(),
  email: email.optional(),
  display_name: displayName.nullable().optional(),
  scopes: z.array(scope).max(10).optional().describe('None that you do not have yourself; nobody changes their own'),
  is_break_glass: z.boolean().optional(),
})
export type ChangeUser = z.infer<typeof changeUser>

export const userQuery = z.strictObject({
  ...pageQuery,
  status: userStatus.optional(),
  name: text(255).min(1).optional().describe('User name or address, whole'),
})
export type UserQuery = z.infer<typeof userQuery>
export const userPage = z.object({ users: z.array(user), next_cursor: nextCursor })

export const userRemoved = z.object({
  id: uuid,
  erasure: z.string().describe('Where the person is erased, by destroying their keys (DELETE)'),
})
export type UserRemoved = z.infer<typeof userRemoved>

export const changeProfile = z.strictObject({ display_name: displayName.nullable() })
export type ChangeProfile = z.infer<typeof changeProfile>

export const acceptInvitation = z.strictObject({
  token: text(200).describe('What stands behind # in the link'),
  password,
  display_name: displayName.optional(),
})
export type AcceptInvitation = z.infer<typeof acceptInvitation>
export const accountReady = z.object({ tenant_id: uuid, user_id: uuid, username: z.string() })
export type AccountReady = z.infer<typeof accountReady>

export const changePassword = z.strictObject({ current_password: password, new_password: password })
export type ChangePassword = z.infer<typeof changePassword>

export const forgotPassword = z.strictObject({
  tenant: text(255).min(1).describe('Name or id of the tenant'),
  username: text(255).min(1).describe('User name or address'),
})
export type ForgotPassword = z.infer<typeof forgotPassword>
export const resetPassword = z.strictObject({
  token: text(200).describe('What stands behind # in the link'),
  new_password: password,
})
export type ResetPassword = z.infer<typeof resetPassword>

export const showAddress = z.strictObject({ token: text(200).describe('What stands behind # in the link') })
export type ShowAddress = z.infer<typeof showAddress>
