import { z } from 'zod'
import { legible, line, nextCursor, pageQuery, text, timestamp, uuid } from './primitives.ts'
import { scope } from './scopes.ts'
import { tenantName } from './tenancy.ts'

const password = text(1024).min(15, 'must have at least 15 characters')
const email = z.email().max(254)

/** Makes the first administrator of a tenant with a set-up link's token. */
export const setup = z.strictObject({
  setup_token: text(200),
  tenant: tenantName.optional().describe('Name of the first tenant; a later tenant has its name already'),
  username: line(255).optional().describe('By default the address'),
  email,
  password,
})
export type Setup = z.infer<typeof setup>
export const setupDone = z.object({
  tenant_id: uuid,
  user_id: uuid,
  token: z.string().describe('API token with all scopes; shown once'),
  token_id: uuid,
})

const tenantNamed = text(255).min(1).describe('Name or id of the tenant')
const rememberMe = z.boolean().default(false).describe('The session may be idle and lives for longer')
export const passwordLogin = z.strictObject({
  credential_type: z.literal('username_password'),
  tenant: tenantNamed,
  connection: text(100)
    .min(1)
    .optional()
    .describe('Name of an LDAP directory of the tenant: username and password are those that it knows'),
  username: text(255).min(1).describe('User name or address'),
  password: text(1024).min(1),
  mfa_code: text(32)
    .min(6)
    .optional()
    .describe('Code of the authenticator or from the mail, or a backup code, once mfa_required was answered'),
  send_code: z
    .enum(['email', 'sms'])
    .optional()
    .describe('Once mfa_required was answered with email or sms: sends a code'),
  remember_device: z
    .boolean()
    .default(false)
    .describe('With mfa_code: the answer has a device_token, where the tenant remembers devices'),
  device_token: text(200).optional().describe('Of a device that is remembered: in the place of mfa_code'),
  remember_me: rememberMe,
})
export type PasswordLogin = z.infer<typeof passwordLogin>
/** An application shows an API token once, and goes on with one that soon ends. */
export const keyLogin = z.strictObject({
  credential_type: z.literal('api_key'),
  tenant: tenantNamed.optional().describe('By default the one that the token is of'),
  api_key: uuid.describe('Id of the API token'),
  api_secret: text(200).min(1).describe('The token itself'),
})
export type KeyLogin = z.infer<typeof keyLogin>
/** What a provider gave to an application of its own accord, where the connection takes that. */
export const idTokenLogin = z.strictObject({
  credential_type: z.literal('oauth2'),
  tenant: tenantNamed,
  oauth_provider: text(100).min(1).describe('Name of the connection'),
  oauth_token: text(20_000)
    .min(1)
    .describe('ID token for the client_id of the connection, not older than 5 minutes; good once'),
  remember_me: rememberMe,
})
export const samlLogin = z.strictObject({
  credential_type: z.literal('saml'),
  tenant: tenantNamed,
  connection: text(100).min(1).describe('Its name'),
  saml_assertion: text(300_000)
    .min(1)
    .describe('SAMLResponse as the provider had the browser post it: base64; good once'),
  remember_me: rememberMe,
})
export type AssertionLogin = z.infer<typeof idTokenLogin> | z.infer<typeof samlLogin>
export const login = z.discriminatedUnion('credential_type', [passwordLogin, keyLogin, idTokenLogin, samlLogin])
export type Login = z.infer<typeof login>
export type PersonLoginInput = z.input<typeof passwordLogin> | z.input<typeof idTokenLogin> | z.input<typeof samlLogin>
export type KeyLoginInput = z.input<typeof keyLogin>

export const refresh = z.strictObject({
  refresh_token: text(200).optional().describe('Missing: the one in the cookie'),
})
const tokenType = z
  .enum(['Bearer', 'DPoP'])
  .describe('DPoP: the log-in proved a key, and so must every call (RFC 9449)')
export const loggedIn = z.object({
  access_token: z.string(),
  refresh_token: z.string().describe('Good once: the answer of a refresh has the next one'),
  token_type: tokenType,
  expires_in: z.number().int().describe('Seconds that the access token is good for'),
  scope: z.string(),
  user_id: uuid,
  session_id: uuid,
  mfa_required: z.literal(false),
  must_add_factor: z
    .boolean()
    .describe('The tenant demands a second factor and none was shown: no permissions until one is added'),
  device_token: z.string().optional().describe('For the device to keep: shown once'),
  permissions: z.array(scope),
})
/** The same, where the request had the header `x-probity-cookies`: the tokens are in cookies that no script reads. */
export const loggedInByCookie = loggedIn.omit({ device_token: true }).extend({
  access_token: z.null(),
  refresh_token: z.null(),
  csrf_token: z.string().describe('To be sent as x-csrf-token with whatever changes anything'),
})
export const sessionOpened = z.union([loggedIn, loggedInByCookie])
export type SessionOpened = z.infer<typeof sessionOpened>
/** The password is right, and a second factor is asked for: the same request again, with `mfa_code`. */
export const factorAsked = z.object({
  mfa_required: z.literal(true),
  methods: z
    .array(z.enum(['totp', 'email', 'sms', 'backup_code', 'passkey']))
    .describe('email: send_code has one mailed; passkey: by POST /v1/auth/passkey, without the password'),
  code_sent: z.boolean().describe('Whether send_code had one mailed; not more often than each half minute'),
})
/** Of an application: it shows its key again when the token has ended. */
export const keyLoggedIn = loggedIn.omit({ device_token: true }).extend({
  refresh_token: z.null(),
  token_type: z.literal('Bearer'),
  session_id: uuid.describe('Id of the token that was given'),
  must_add_factor: z.literal(false),
})
export type KeyLoggedIn = z.infer<typeof keyLoggedIn>
export const loginAnswer = z.discriminatedUnion('mfa_required', [loggedIn, factorAsked])
export type LoginAnswer = z.infer<typeof loginAnswer>
/** The same, also for browsers. */
export const loginAnswered = z.union([sessionOpened, keyLoggedIn, factorAsked])

export type LoggedIn = z.infer<typeof loggedIn>

export const session = z.object({
  id: uuid,
  is_current: z.boolean().describe('Whether it is the one that asks'),
  is_remembered: z.boolean(),
  impersonated: z.boolean().describe('Whether an administrator acts as you in it'),
  created_at: timestamp,
  last_activity: timestamp.describe('To within a minute'),
  expires_at: timestamp.describe('Its end, however much it is used'),
  ip_address: z.string().nullable().describe('Where the log-in came from; null: it can no longer be read'),
  user_agent: z.string().nullable(),
})
export type Session = z.infer<typeof session>
export const sessionList = z.object({ sessions: z.array(session) })
export const impersonate = z.strictObject({
  reason: legible(500).describe('Why; it stands in the log, for whoever reads that'),
})
export const impersonated = z.object({
  access_token: z.string(),
  token_type: tokenType,
  expires_in: z.number().int(),
  session_id: uuid,
  user_id: uuid,
  permissions: z.array(scope),
})
export type Impersonated = z.infer<typeof impersonated>
export const sessionsEnded = z.object({ ended: z.number().int().describe('How many sessions that ended') })
export type SessionsEnded = z.infer<typeof sessionsEnded>

export const apiToken = z.object({
  id: uuid,
  name: z.string(),
  scopes: z.array(scope),
  created_by: uuid,
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  last_used_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
})
export const createToken = z.strictObject({
  name: line(255),
  scopes: z.array(scope).min(1).max(10),
  expires_in_days: z.number().int().min(1).max(3650).optional(),
  service_account_id: uuid.optional().describe('Whom it stands for, instead of you'),
})
export type CreateToken = z.infer<typeof createToken>
export const createdToken = apiToken.extend({ token: z.string().describe('Shown once') })
export const tokenPage = z.object({ tokens: z.array(apiToken), next_cursor: nextCursor })
export const tokenQuery = z.strictObject(pageQuery)
