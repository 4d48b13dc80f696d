import { z } from 'zod'
import { certificate, timestamp, uuid } from './primitives.ts'

const fields = {
  requires_second_factor: z
    .boolean()
    .describe('Whether a session that a password alone opened may do nothing but add a second factor'),
  allows_sent_codes: z
    .boolean()
    .describe(
      'Whether codes by mail or text message count as second factor; where NIST AAL2 is asked for, they must not',
    ),
  requires_provider: z
    .boolean()
    .describe(
      'Whether people log in through an identity provider alone. Somebody must have logged in through one, as it is configured now, and an administrator’s break-glass account be there; sessions that no provider opened end, but of break-glass accounts',
    ),
  remembered_device_days: z
    .number()
    .int()
    .min(0)
    .max(365)
    .describe('For so long a device that showed a second factor is not asked for it again; 0: it always is'),
  allowed_authenticators: z
    .array(uuid)
    .max(200)
    .nullable()
    .describe(
      'Models (AAGUID) that may make passkeys from now on; null: any. What a model says of itself is proven by authenticator_roots alone',
    ),
  authenticator_roots: z
    .array(certificate)
    .max(20)
    .describe(
      'Certificates of makers, by one of which each new passkey’s authenticator must be vouched for; none: no matter',
    ),
}

/** What a tenant asks of its people when they log in. */
export const signInRules = z.object({
  ...fields,
  version: z.number().int().describe('0: nobody has changed them yet'),
  updated_at: timestamp.nullable(),
  standing: z
    .object({
      is_provider_proven: z
        .boolean()
        .describe('Whether somebody logged in through an enabled provider since it was last changed'),
      people_without_identity: z
        .number()
        .int()
        .describe(
          'Active people whom no provider opens an account for and who are no break-glass accounts: they cannot log in where a provider is required, unless a SCIM client of the provider’s keeps them',
        ),
      break_glass_accounts: z.number().int().describe('Of administrators, with a password'),
      break_glass_without_factor: z.number().int().describe('Of these: opened by a password alone'),
    })
    .describe('What to look at before a provider is required'),
})
export type SignInRules = z.infer<typeof signInRules>

export const changeSignInRules = z.strictObject({ version: z.number().int().min(0).optional(), ...fields }).partial()
export type ChangeSignInRules = z.infer<typeof changeSignInRules>
