import type { Tx } from '../../platform/database/transaction.ts'
import type { AuthenticatorPolicy } from './attestation.ts'

export interface RulesRow extends AuthenticatorPolicy {
  requires_second_factor: boolean
  allows_sent_codes: boolean
  requires_provider: boolean
  remembered_device_days: number
  version: number
  /** Null: they are the defaults. */
  updated_at: Date | null
}

const DEFAULTS: RulesRow = {
  requires_second_factor: false,
  allows_sent_codes: false,
  requires_provider: false,
  remembered_device_days: 0,
  allowed_authenticators: null,
  authenticator_roots: [],
  version: 0,
  updated_at: null,
}
const COLUMNS =
  'requires_second_factor, allows_sent_codes, requires_provider, remembered_device_days, allowed_authenticators, authenticator_roots, version, updated_at'

export async function readRules(tx: Tx): Promise<RulesRow> {
  const text = `SELECT ${COLUMNS} FROM sign_in_rules WHERE tenant_id = $1`
  return (await tx.query<RulesRow>(text, [tx.tenantId])).rows[0] ?? DEFAULTS
}

/** The same, held until the transaction ends; who never changed them has version 0. */
export async function lockRules(tx: Tx, at: Date): Promise<RulesRow> {
  await tx.query(
    `INSERT INTO sign_in_rules (tenant_id, ${COLUMNS}) VALUES ($1, false, false, false, 0, NULL, '{}', 1, $2) ON CONFLICT DO NOTHING`,
    [tx.tenantId, at],
  )
  const text = `SELECT ${COLUMNS} FROM sign_in_rules WHERE tenant_id = $1 FOR UPDATE`
  return (await tx.query<RulesRow>(text, [tx.tenantId])).rows[0] ?? DEFAULTS
}

export async function updateRules(tx: Tx, rules: Omit<RulesRow, 'version' | 'updated_at'>, at: Date): Promise<void> {
  await tx.query(
    `UPDATE sign_in_rules SET requires_second_factor = $2, allows_sent_codes = $3, remembered_device_days = $4,
       requires_provider = $5, allowed_authenticators = $7, authenticator_roots = $8, version = version + 1, updated_at = $6 WHERE tenant_id = $1`,
    [
      tx.tenantId,
      rules.requires_second_factor,
      rules.allows_sent_codes,
      rules.remembered_device_days,
      rules.requires_provider,
      at,
      rules.allowed_authenticators,
      rules.authenticator_roots,
    ],
  )
}

/** Whether people can log in when the provider is all that they have: one is enabled, and an administrator gets in without. */
export async function hasProviderAndBreakGlass(tx: Tx): Promise<{ provider: boolean; break_glass: boolean }> {
  const text = `SELECT EXISTS (SELECT 1 FROM identity_connections WHERE tenant_id = $1 AND is_enabled) AS provider,
                  EXISTS (SELECT 1 FROM security_users WHERE tenant_id = $1 AND is_break_glass AND status = 'active'
                          AND password_hash <> '' AND 'tenant:admin' = ANY (scopes)) AS break_glass`
  return (
    (await tx.query<{ provider: boolean; break_glass: boolean }>(text, [tx.tenantId])).rows[0] ?? {
      provider: false,
      break_glass: false,
    }
  )
}

/** Whether people log in through a provider alone; nobody changes it until the transaction ends. */
export async function holdRequiresProvider(tx: Tx): Promise<boolean> {
  const text = 'SELECT requires_provider FROM sign_in_rules WHERE tenant_id = $1 FOR UPDATE'
  return (await tx.query<{ requires_provider: boolean }>(text, [tx.tenantId])).rows[0]?.requires_provider ?? false
}
