import { z } from 'zod'
import { timestamp, uuid } from './primitives.ts'

/** A name of DNS, in lower case; others than ASCII as punycode. */
export const domainName = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/,
    'must be a domain as example.org, in lower case',
  )

/** A mail domain of the tenant: who logs in with an address of it is led here. */
export const realm = z.object({
  domain: z.string(),
  connection_id: uuid.nullable().describe('Provider that its people are sent to; null: none'),
  record_name: z.string().describe('Where DNS must have a TXT record'),
  record_value: z.string().describe('What it must hold'),
  verified_at: timestamp.nullable().describe('null: not yet, and nobody is led here by it'),
})
export type Realm = z.infer<typeof realm>
export const realmList = z.object({ domains: z.array(realm) })
export type RealmList = z.infer<typeof realmList>
export const claimRealm = z.strictObject({ domain: domainName, connection_id: uuid.nullable().default(null) })
export type ClaimRealm = z.infer<typeof claimRealm>
export const findRealm = z.strictObject({ email: z.email().max(254) })
export type FindRealm = z.infer<typeof findRealm>
export const foundRealm = z.object({
  tenant: uuid.nullable().describe('For a log-in; null: ask for it'),
  connection: z.string().nullable().describe('For POST /v1/auth/sso; null: there is none'),
})
export type FoundRealm = z.infer<typeof foundRealm>
