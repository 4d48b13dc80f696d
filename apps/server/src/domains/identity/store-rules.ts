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

/** How a tenant stands that has, or is to have, its people log in through a provider alone. */
export interface Standing {
  is_provider_proven: boolean
  people_without_identity: number
  break_glass_accounts: number
  break_glass_without_factor: number
}

/** A provider is proven by whoever came in through it since it was last changed: that it was added says nothing of it. */
const IS_PROVEN = `EXISTS (SELECT 1 FROM external_identities e WHERE e.tenant_id = c.tenant_id AND e.connection_id = c.id
                           AND e.last_login_at >= c.updated_at)`

export async function readStanding(tx: Tx): Promise<Standing> {
  const text = `SELECT EXISTS (SELECT 1 FROM identity_connections c WHERE c.tenant_id = $1 AND c.is_enabled AND ${IS_PROVEN}) AS is_provider_proven,
                  (SELECT count(*) FROM security_users u WHERE u.tenant_id = $1 AND u.status = 'active' AND NOT u.is_break_glass
                   AND NOT EXISTS (SELECT 1 FROM external_identities e JOIN identity_connections c ON c.tenant_id = e.tenant_id AND c.id = e.connection_id
                                   WHERE e.tenant_id = u.tenant_id AND e.user_id = u.id AND c.is_enabled)) AS people_without_identity,
                  count(*) AS break_glass_accounts,
                  count(*) FILTER (WHERE NOT g.mfa_enabled) AS break_glass_without_factor
                FROM security_users g WHERE g.tenant_id = $1 AND g.is_break_glass AND g.status = 'active'
                  AND g.password_hash <> '' AND 'tenant:admin' = ANY (g.scopes)`
  return (await tx.query<Standing>(text, [tx.tenantId])).rows[0] as Standing // an aggregate answers one row
}

/** When somebody last came in through a connection, and whether that was since it was last changed. */
export async function readProof(
  tx: Tx,
  connectionId: string,
): Promise<{ last_login_at: Date | null; is_proven: boolean }> {
  const text = `SELECT (SELECT max(e.last_login_at) FROM external_identities e WHERE e.tenant_id = c.tenant_id AND e.connection_id = c.id) AS last_login_at,
                  ${IS_PROVEN} AS is_proven
                FROM identity_connections c WHERE c.tenant_id = $1 AND c.id = $2`
  const { rows } = await tx.query<{ last_login_at: Date | null; is_proven: boolean }>(text, [tx.tenantId, connectionId])
  return rows[0] ?? { last_login_at: null, is_proven: false }
}

/** Whether people log in through a provider alone; nobody changes it until the transaction ends. */
export async function holdRequiresProvider(tx: Tx): Promise<boolean> {
  const text = 'SELECT requires_provider FROM sign_in_rules WHERE tenant_id = $1 FOR UPDATE'
  return (await tx.query<{ requires_provider: boolean }>(text, [tx.tenantId])).rows[0]?.requires_provider ?? false
}
