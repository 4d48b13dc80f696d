import { z } from 'zod'
import { line, text, uuid } from './primitives.ts'

const base64url = (maximum: number) =>
  z
    .string()
    .max(maximum)
    .regex(/^[A-Za-z0-9_-]*$/, 'must be base64url')
const transports = z.array(line(32)).max(10)

// What a browser's `toJSON()` of a credential gives (WebAuthn Level 3 §5.1); what we do not read is left out.
const credential = {
  id: base64url(1400).min(1),
  rawId: base64url(1400).min(1),
  type: z.literal('public-key'),
  authenticatorAttachment: line(32).optional(),
  clientExtensionResults: z.object({}).default({}),
}
export const registeredCredential = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(8192),
    attestationObject: base64url(65_536),
    transports: transports.optional(),
  }),
})
export const assertedCredential = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(8192),
    authenticatorData: base64url(8192),
    signature: base64url(8192),
    userHandle: base64url(128).optional(),
  }),
})
export type RegisteredCredential = z.infer<typeof registeredCredential>
export type AssertedCredential = z.infer<typeof assertedCredential>

/** For `navigator.credentials`, as `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` take it. */
export const publicKeyOptions = z.looseObject({ challenge: z.string() })
export type PublicKeyOptions = z.infer<typeof publicKeyOptions>

export const addPasskey = z.strictObject({
  name: line(100).optional().describe('What you call it'),
  credential: registeredCredential,
})
export type AddPasskey = z.infer<typeof addPasskey>
export const passkeyAdded = z.object({ id: uuid })
export type PasskeyAdded = z.infer<typeof passkeyAdded>

const tenant = text(255).min(1).describe('Name or id of the tenant')
export const askPasskey = z.strictObject({ tenant })
export type AskPasskey = z.infer<typeof askPasskey>
export const passkeyLogin = z.strictObject({
  tenant,
  credential: assertedCredential,
  remember_me: z.boolean().default(false),
})
export type PasskeyLogin = z.infer<typeof passkeyLogin>
