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
      'Whether people log in through an identity provider alone; a break-glass account of an administrator must be there',
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
})
export type SignInRules = z.infer<typeof signInRules>

export const changeSignInRules = z.strictObject({ version: z.number().int().min(0).optional(), ...fields }).partial()
export type ChangeSignInRules = z.infer<typeof changeSignInRules>
