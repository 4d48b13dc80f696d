import { z } from 'zod'
import { text, timestamp, uuid } from './primitives.ts'

const code = text(32).min(6).describe('Code of the authenticator or from the mail, or a backup code')

export const setUpFactor = z.strictObject({
  method: z
    .enum(['totp', 'email', 'sms'])
    .describe(
      'totp: codes of an authenticator app; email, sms: codes to your address or phone_number, where the tenant allows it',
    ),
  phone_number: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a number with its country, as +41791234567')
    .optional()
    .describe('For sms'),
})
export type SetUpFactor = z.infer<typeof setUpFactor>

/** A factor that is to be confirmed by a code of it. What it shows, it shows once. */
export const factorSetUp = z.object({
  factor_id: uuid,
  setup_key: z
    .string()
    .nullable()
    .describe('Secret in base32, to be typed into an authenticator; null: a code was mailed'),
  setup_uri: z.string().nullable().describe('The same as otpauth:// URI'),
  qr_code: z.string().nullable().describe('The same as picture: SVG'),
})
export type FactorSetUp = z.infer<typeof factorSetUp>

export const confirmFactor = z.strictObject({ factor_id: uuid, code })
export type ConfirmFactor = z.infer<typeof confirmFactor>
export const backupCodes = z.object({
  backup_codes: z.array(z.string()).describe('Good once each, shown once; empty: you have some already'),
})
export type BackupCodes = z.infer<typeof backupCodes>

export const factor = z.object({
  id: uuid,
  kind: z.enum(['totp', 'email', 'sms', 'passkey']),
  name: z.string().nullable(),
  created_at: timestamp,
  last_used_at: timestamp.nullable(),
})
export const factorList = z.object({
  factors: z.array(factor),
  backup_codes_left: z.number().int(),
})
export type FactorList = z.infer<typeof factorList>

export const stepUp = z.strictObject({
  password: text(1024).min(1),
  connection: text(100).min(1).optional().describe('LDAP directory whose password it is'),
  username: text(255).min(1).optional().describe('With connection: what the directory calls you'),
  mfa_code: code.optional().describe('Needed where a second factor is set up'),
})
export type StepUp = z.infer<typeof stepUp>

/** A device that showed a second factor and is not asked for it for a while. */
export const rememberedDevice = z.object({
  id: uuid,
  created_at: timestamp,
  last_used_at: timestamp,
  expires_at: timestamp,
})
export const deviceList = z.object({ devices: z.array(rememberedDevice) })
export type DeviceList = z.infer<typeof deviceList>
export const devicesForgotten = z.object({ forgotten: z.number().int() })
export type DevicesForgotten = z.infer<typeof devicesForgotten>

export const factorsReset = z.object({ factors: z.number().int(), sessions_ended: z.number().int() })
export type FactorsReset = z.infer<typeof factorsReset>
