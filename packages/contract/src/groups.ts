import { z } from 'zod'
import { legible, line, nextCursor, pageQuery, timestamp, uuid } from './primitives.ts'
import { scope } from './scopes.ts'

const name = line(255)
const scopes = z
  .array(scope)
  .max(10)
  .describe('What who is in it may do, beside what each may. None that you do not have yourself')

/** A group of people. */
export const group = z.object({
  id: uuid,
  name,
  scopes,
  managed_by: uuid.nullable().describe('Service account of the SCIM client that says who is in it; null: you do'),
  members: z.number().int().describe('How many people are in it'),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.number().int(),
})
export type Group = z.infer<typeof group>
export const groupQuery = z.strictObject(pageQuery)
export type PageQuery = z.infer<typeof groupQuery>
export const groupPage = z.object({ groups: z.array(group), next_cursor: nextCursor })

export const createGroup = z.strictObject({ name: legible(255), scopes: scopes.default([]) })
export type CreateGroupInput = z.input<typeof createGroup>
export type CreateGroup = z.infer<typeof createGroup>
export const changeGroup = z.strictObject({
  version: z.number().int().min(1).optional(),
  name: legible(255).optional(),
  scopes: scopes.optional(),
})
export type ChangeGroup = z.infer<typeof changeGroup>

export const groupMember = z.strictObject({ user_id: uuid })
export type GroupMember = z.infer<typeof groupMember>
export const groupMembers = z.object({ members: z.array(groupMember), next_cursor: nextCursor })

/** An account of an application: it has tokens, and a person who answers for it. */
export const serviceAccount = z.object({
  id: uuid,
  name,
  owner_id: uuid,
  owner_is_active: z.boolean().describe('false: the owner has left; name another'),
  connection_id: uuid
    .nullable()
    .describe('Provider through which the people log in whom it provisions by SCIM; null: none'),
  is_enabled: z.boolean().describe('Whether its tokens are good'),
  people: z.number().int().min(0).describe('How many accounts of people it keeps by SCIM'),
  groups: z.number().int().min(0).describe('How many groups it keeps by SCIM'),
  last_used_at: timestamp.nullable().describe('When one of its tokens was last used, to within a minute; null: never'),
  created_at: timestamp,
  updated_at: timestamp,
})
export type ServiceAccount = z.infer<typeof serviceAccount>
export const serviceAccountList = z.object({ service_accounts: z.array(serviceAccount) })

export const createServiceAccount = z.strictObject({
  name,
  owner_id: uuid.optional().describe('By default you'),
  connection_id: uuid.nullable().default(null),
})
export type CreateServiceAccountInput = z.input<typeof createServiceAccount>
export type CreateServiceAccount = z.infer<typeof createServiceAccount>
export const changeServiceAccount = z.strictObject({
  name: name.optional(),
  owner_id: uuid.optional(),
  connection_id: uuid.nullable().optional(),
  is_enabled: z.boolean().optional(),
})
export type ChangeServiceAccount = z.infer<typeof changeServiceAccount>
