import { z } from 'zod'
import { line, text, timestamp, uuid } from './primitives.ts'
import { scope } from './scopes.ts'

const name = line(100)
const scopes = z.array(scope).max(10)
const fields = {
  name,
  issuer: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .describe('Issuer identifier; its configuration is discovered there'),
  client_id: line(500),
  groups_claim: line(100).describe('Claim that lists the groups of a person'),
  group_scopes: z
    .record(line(255), scopes)
    .nullable()
    .describe('Scopes by group, set anew at each log-in; null: the provider has no say in them'),
  default_scopes: scopes.describe('Of an account that a first log-in makes. None that you do not have yourself'),
  creates_accounts: z.boolean().describe('Whether a first log-in makes an account'),
  trusts_second_factor: z
    .boolean()
    .describe('Whether its log-ins count as having shown a second factor, even where it does not say so (amr)'),
  is_enabled: z.boolean(),
}

/** An OpenID provider through which people of the tenant may log in. */
export const connection = z.object({
  id: uuid,
  ...fields,
  has_secret: z.boolean(),
  redirect_uri: z.string().describe('To be registered at the provider'),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.number().int(),
})
export type Connection = z.infer<typeof connection>
export const connectionList = z.object({ connections: z.array(connection) })

const client_secret = text(1000).min(1).describe('Never shown again')
export const createConnection = z.strictObject({
  ...fields,
  client_secret: client_secret.optional(),
  groups_claim: fields.groups_claim.default('groups'),
  group_scopes: fields.group_scopes.default(null),
  default_scopes: fields.default_scopes.default([]),
  creates_accounts: fields.creates_accounts.default(false),
  trusts_second_factor: fields.trusts_second_factor.default(false),
  is_enabled: fields.is_enabled.default(true),
})
export type CreateConnectionInput = z.input<typeof createConnection>
export type CreateConnection = z.infer<typeof createConnection>

export const changeConnection = z
  .strictObject({ version: z.number().int().min(1), client_secret, ...fields })
  .omit({ issuer: true })
  .partial()
export type ChangeConnection = z.infer<typeof changeConnection>

export const startFederation = z.strictObject({
  tenant: text(255).min(1).describe('Name or id of the tenant'),
  connection: text(100).min(1).describe('Its name'),
})
export const linkIdentity = z.strictObject({ connection: text(100).min(1).describe('Its name') })
/** An identity at a provider that is linked to an account. */
export const linkedIdentity = z.object({
  connection_id: uuid,
  connection: z.string().describe('Name of the provider'),
  created_at: timestamp,
  last_login_at: timestamp,
})
export const identityList = z.object({ identities: z.array(linkedIdentity) })
export type IdentityList = z.infer<typeof identityList>
export const federationStarted = z.object({
  authorization_url: z.string().describe('Where the browser goes now'),
  request_token: z.string().describe('For that browser alone to keep until it comes back'),
  expires_in: z.number().int(),
})
export type FederationStarted = z.infer<typeof federationStarted>
export const finishFederation = z.strictObject({
  request_token: text(200),
  parameters: text(8000).min(1).describe('What stands behind ? in the address to which the provider sent the browser'),
})
export type FinishFederation = z.infer<typeof finishFederation>
