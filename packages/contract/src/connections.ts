import { z } from 'zod'
import { certificate, line, text, timestamp, uuid } from './primitives.ts'
import { scope } from './scopes.ts'

const name = line(100)
const scopes = z.array(scope).max(10)
const address = z.url({ protocol: /^https?$/ }).max(2000)

/** What each protocol needs. */
export const oidcSettings = z.strictObject({
  issuer: address.describe('Issuer identifier; its configuration is discovered there'),
  client_id: line(500),
  groups_claim: line(100).default('groups').describe('Claim that lists the groups of a person'),
  accepts_id_tokens: z
    .boolean()
    .default(false)
    .describe('Whether applications may log people in by an ID token that they got themselves: credential_type oauth2'),
})
export type OidcSettings = z.infer<typeof oidcSettings>

export const samlSettings = z.strictObject({
  entity_id: line(1024).describe('Of the provider'),
  sso_url: address.describe('Where the provider takes requests (HTTP-Redirect)'),
  certificates: z
    .array(certificate)
    .min(1)
    .max(5)
    .describe('By which its assertions are signed; two while it changes them'),
  email_attribute: line(255).nullable().default(null).describe('null: the NameID is the address'),
  name_attribute: line(255).nullable().default(null).describe('What people are shown as; null: none'),
  groups_attribute: line(255).default('groups'),
  accepts_unsolicited: z
    .boolean()
    .default(false)
    .describe('Whether log-ins may begin at the provider: credential_type saml. Nothing then ties them to a browser'),
})
export type SamlSettings = z.infer<typeof samlSettings>

/** What the metadata of a provider says, to make a connection of. */
export const readSamlMetadata = z.strictObject({
  metadata: text(200_000).min(1).describe('XML as the provider publishes it (SAML Metadata)'),
})
export const samlProvider = samlSettings.pick({ entity_id: true, sso_url: true, certificates: true })
export type SamlProvider = z.infer<typeof samlProvider>

const filter = line(1000)
export const ldapSettings = z.strictObject({
  url: z
    .url({ protocol: /^ldaps?$/ })
    .max(2000)
    .describe('ldaps://…, or ldap://… with STARTTLS'),
  certificate_authority: certificate
    .nullable()
    .default(null)
    .describe('By which the directory’s certificate is signed; null: a public one'),
  bind_dn: line(1000)
    .nullable()
    .default(null)
    .describe('Account that searches, with the secret as password; null: anybody may search'),
  user_base: line(1000).describe('Where people stand'),
  user_filter: filter
    .includes('{username}')
    .default('(&(objectClass=person)(|(uid={username})(mail={username})))')
    .describe('Who somebody is; {username} is what they typed, escaped'),
  id_attribute: line(100)
    .default('entryUUID')
    .describe('What does not change when somebody is renamed; objectGUID in Active Directory'),
  email_attribute: line(100).default('mail'),
  name_attribute: line(100).default('cn'),
  group_base: line(1000).nullable().default(null).describe('Where groups stand; null: groups are not asked for'),
  group_filter: filter
    .includes('{dn}')
    .default('(&(objectClass=groupOfNames)(member={dn}))')
    .describe('Groups that somebody, or a group, is in; {dn} is where they stand, escaped'),
  group_attribute: line(100).default('cn').describe('What a group is called'),
})
export type LdapSettings = z.infer<typeof ldapSettings>

const common = {
  name,
  group_scopes: z
    .record(line(255), scopes)
    .nullable()
    .describe('Scopes by group, set anew at each log-in; null: the provider has no say in them'),
  default_scopes: scopes.describe('Of an account that a first log-in makes. None that you do not have yourself'),
  creates_accounts: z.boolean().describe('Whether a first log-in makes an account'),
  trusts_second_factor: z
    .boolean()
    .describe('Whether its log-ins count as having shown a second factor, even where it does not say so'),
  is_enabled: z.boolean(),
}
const kinds = z.enum(['oidc', 'saml', 'ldap'])
export type ConnectionKind = z.infer<typeof kinds>

/** A provider or directory through which people of the tenant may log in. */
export const connection = z.object({
  id: uuid,
  kind: kinds,
  ...common,
  settings: z.union([oidcSettings, samlSettings, ldapSettings]),
  has_secret: z.boolean(),
  register: z.record(z.string(), z.string()).describe('What is to be entered at the provider'),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.number().int(),
})
export type Connection = z.infer<typeof connection>
export const connectionList = z.object({ connections: z.array(connection) })

/** Whether a provider can be asked just now, by what it takes to begin a log-in there. */
export const connectionCheck = z.object({
  is_reachable: z.boolean().describe('true for SAML, where a browser alone goes to the provider'),
  problem: z.string().nullable().describe('What is wrong, and what to do; null: nothing that can be seen from here'),
  last_login_at: timestamp.nullable().describe('null: nobody has logged in through it yet'),
  is_proven: z.boolean().describe('Whether that was since it was last changed'),
})
export type ConnectionCheck = z.infer<typeof connectionCheck>

const secret = text(1000).min(1).describe('Client secret, or password of bind_dn. Never shown again')
const given = {
  ...common,
  secret: secret.optional(),
  group_scopes: common.group_scopes.default(null),
  default_scopes: common.default_scopes.default([]),
  creates_accounts: common.creates_accounts.default(false),
  trusts_second_factor: common.trusts_second_factor.default(false),
  is_enabled: common.is_enabled.default(true),
}
export const createConnection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('oidc'), settings: oidcSettings, ...given }),
  z.strictObject({ kind: z.literal('saml'), settings: samlSettings, ...given }),
  z.strictObject({ kind: z.literal('ldap'), settings: ldapSettings, ...given }),
])
export type CreateConnectionInput = z.input<typeof createConnection>
export type CreateConnection = z.infer<typeof createConnection>

export const changeConnection = z
  .strictObject({
    version: z.number().int().min(1),
    secret,
    settings: z
      .record(z.string(), z.unknown())
      .describe('Those that change; an issuer or entity_id does not: make another'),
    ...common,
  })
  .partial()
export type ChangeConnection = z.infer<typeof changeConnection>

export const startFederation = z.strictObject({
  tenant: text(255).min(1).describe('Name or id of the tenant'),
  connection: text(100).min(1).describe('Its name'),
})
export const linkIdentity = z.strictObject({ connection: text(100).min(1).describe('Its name') })
export type LinkIdentity = z.infer<typeof linkIdentity>
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
  parameters: text(450_000)
    .min(1)
    .describe('The address, whole, to which the provider sent the browser; by SAML, the form that it posted'),
  invitation_token: text(200)
    .optional()
    .describe(
      'Of the invitation that is accepted by it: the account opens by this identity from then on, and no password is set',
    ),
})
export type FinishFederation = z.infer<typeof finishFederation>
