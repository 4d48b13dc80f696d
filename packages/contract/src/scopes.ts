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

/** What each scope lets its holder do here, as `type:action`; a route of Probity needs one of these. */
export const SCOPE_PERMITS = {
  'audit:write': ['audit_entry:write'],
  'audit:read': ['audit_entry:read', 'audit_entry:export'],
  'audit:read_personal': ['audit_entry:read_personal'],
  'audit:verify': ['audit_entry:verify'],
  'subject:erase': ['data_subject:erase'],
  'tenant:admin': [
    ...['user:read', 'user:write', 'user:suspend', 'user:impersonate', 'session:end'],
    ...['group:read', 'group:write', 'service_account:read', 'service_account:write', 'token:read', 'token:write'],
    ...['application:read', 'application:write', 'connection:read', 'connection:write'],
    ...['domain:read', 'domain:write', 'sign_in_rules:read', 'sign_in_rules:write', 'audit_key:turn'],
    ...['role:read', 'role:write', 'role_exclusion:read', 'role_exclusion:write', 'grant:read'],
    ...['access_review:write', 'decision_recording:read', 'decision_recording:write'],
    ...['policy:read', 'policy:write', 'policy:approve'],
  ],
  'identity:provision': ['directory:provision'],
  'access:decide': ['decision:ask', 'entity:read', 'entity:write'],
  'platform:operate': ['tenant:operate', 'audit_log:accept_rollback', 'installation_key:turn'],
} as const satisfies Record<Scope, readonly string[]>
export type Permit = (typeof SCOPE_PERMITS)[Scope][number]
export const PERMITS: readonly Permit[] = Object.values(SCOPE_PERMITS).flat()
export const permit = z.enum(PERMITS)

/** What a permit is of. */
export function partsOf(permit: Permit): { type: string; action: string } {
  const [type = '', action = ''] = permit.split(':')
  return { type, action }
}

/** The scope that lets do something. */
export function scopeOf(permit: Permit): Scope {
  const found = SCOPES.find((one) => (SCOPE_PERMITS[one] as readonly Permit[]).includes(permit))
  if (found === undefined) throw new Error(`no scope permits ${permit}`)
  return found
}
