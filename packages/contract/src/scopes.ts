import { z } from 'zod'

/** What a token may do. Each route names one. */
export const SCOPES = [
  'audit:write',
  'audit:read',
  'audit:read_personal',
  'audit:verify',
  'subject:erase',
  'tenant:admin',
  'identity:provision',
  'access:decide',
  'platform:operate',
] as const

export const scope = z.enum(SCOPES)
export type Scope = z.infer<typeof scope>

/** Scopes whose every use is an entry in the log. */
export const SENSITIVE_SCOPES: readonly Scope[] = [
  'audit:read_personal',
  'subject:erase',
  'tenant:admin',
  'platform:operate',
]
