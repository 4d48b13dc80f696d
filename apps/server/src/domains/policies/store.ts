import type { EnforcementMode, PolicyTest, PolicyType } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'

export interface PolicyRow {
  id: string
  policy_name: string
  policy_type: PolicyType
  version: number
  created_by: string
  created_at: Date
  updated_at: Date
}

export interface VersionRow {
  policy_id: string
  version: number
  description: string | null
  policy_rules: Record<string, unknown>
  tests: PolicyTest[]
  enforcement_mode: EnforcementMode
  effective_date: Date | null
  expiration_date: Date | null
  is_active: boolean
  state: 'draft' | 'in_review' | 'approved' | 'rejected'
  created_by: string
  created_at: Date
  /** Blind index of where the author's mail ended then. */
  author_mailbox: Buffer
  submitted_by: string | null
  submitted_at: Date | null
  approved_by: string | null
  decided_at: Date | null
  shadow_since: Date | null
  shadow_until: Date | null
}

const VERSION = `policy_id, version, description, policy_rules, tests, enforcement_mode, effective_date, expiration_date, is_active,
  state, created_by, created_at, author_mailbox, submitted_by, submitted_at, approved_by, decided_at, shadow_since, shadow_until`

/** False: the name is taken. */
export async function insertPolicy(tx: Tx, row: PolicyRow, folded: string): Promise<boolean> {
  const text = `INSERT INTO security_policies (tenant_id, id, policy_name, name_folded, policy_type, version, created_by, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
  const { id, policy_name, policy_type, version, created_by, created_at, updated_at } = row
  const values = [tx.tenantId, id, policy_name, folded, policy_type, version, created_by, created_at, updated_at]
  return (await tx.query(text, values)).rowCount === 1
}

/** A draft. */
export async function insertVersion(tx: Tx, row: VersionRow): Promise<void> {
  const text = `INSERT INTO policy_versions (tenant_id, policy_id, version, description, policy_rules, tests, enforcement_mode,
                  effective_date, expiration_date, is_active, state, created_by, created_at, author_mailbox)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'draft', $11, $12, $13)`
  const rules = [JSON.stringify(row.policy_rules), JSON.stringify(row.tests)]
  const dates = [row.effective_date, row.expiration_date, row.is_active]
  const head = [tx.tenantId, row.policy_id, row.version, row.description]
  await tx.query(text, [
    ...head,
    ...rules,
    row.enforcement_mode,
    ...dates,
    row.created_by,
    row.created_at,
    row.author_mailbox,
  ])
}

/** Another version has become the newest. */
export async function raiseVersion(tx: Tx, id: string, version: number, at: Date): Promise<void> {
  const text = 'UPDATE security_policies SET (version, updated_at) = ($3, $4) WHERE tenant_id = $1 AND id = $2'
  await tx.query(text, [tx.tenantId, id, version, at])
}

/** Holds a policy until the transaction ends: its life goes one step after the other. */
export async function lockPolicy(tx: Tx, id: string): Promise<PolicyRow | null> {
  const text = `SELECT id, policy_name, policy_type, version, created_by, created_at, updated_at FROM security_policies
                WHERE tenant_id = $1 AND id = $2 FOR UPDATE`
  return (await tx.query<PolicyRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

export interface PolicyFound extends VersionRow {
  id: string
  policy_name: string
  policy_type: PolicyType
  made_at: Date
  updated_at: Date
  current_version: number | null
}

/** The newest version that was approved and has begun, where it still counts. */
const CURRENT = `(SELECT CASE WHEN c.is_active AND (c.expiration_date IS NULL OR c.expiration_date > $2) THEN c.version END
    FROM policy_versions c WHERE c.tenant_id = p.tenant_id AND c.policy_id = p.id AND c.state = 'approved' AND c.effective_date <= $2
    ORDER BY c.version DESC LIMIT 1) AS current_version`
const FOUND = `SELECT p.id, p.policy_name, p.policy_type, p.created_at AS made_at, p.updated_at, ${CURRENT}, v.*
  FROM security_policies p JOIN LATERAL (SELECT ${VERSION} FROM policy_versions n
    WHERE n.tenant_id = p.tenant_id AND n.policy_id = p.id AND n.version = p.version) v ON true
  WHERE p.tenant_id = $1`

export async function readPolicy(tx: Tx, id: string, at: Date): Promise<PolicyFound | null> {
  return (await tx.query<PolicyFound>(`${FOUND} AND p.id = $3`, [tx.tenantId, at, id])).rows[0] ?? null
}

/** By id, which is the order in which they were made. */
export async function listPolicies(
  tx: Tx,
  at: Date,
  asked: { type: string | null; folded: string | null; state: string | null; after: string | null; limit: number },
): Promise<PolicyFound[]> {
  const text = `${FOUND} AND ($3::text IS NULL OR p.policy_type = $3) AND ($4::text IS NULL OR p.name_folded = $4)
    AND ($5::text IS NULL OR v.state = $5) AND ($6::uuid IS NULL OR p.id > $6) ORDER BY p.id LIMIT $7`
  const { type, folded, state, after, limit } = asked
  return (await tx.query<PolicyFound>(text, [tx.tenantId, at, type, folded, state, after, limit])).rows
}

/** The newest first. */
export async function listVersions(tx: Tx, id: string): Promise<VersionRow[]> {
  const text = `SELECT ${VERSION} FROM policy_versions WHERE tenant_id = $1 AND policy_id = $2 ORDER BY version DESC`
  return (await tx.query<VersionRow>(text, [tx.tenantId, id])).rows
}

export async function readVersion(tx: Tx, id: string, version: number): Promise<VersionRow | null> {
  const text = `SELECT ${VERSION} FROM policy_versions WHERE tenant_id = $1 AND policy_id = $2 AND version = $3`
  return (await tx.query<VersionRow>(text, [tx.tenantId, id, version])).rows[0] ?? null
}

/** What moves of a version: all that it says stays. */
export async function moveVersion(tx: Tx, row: VersionRow): Promise<void> {
  const text = `UPDATE policy_versions SET (state, submitted_by, submitted_at, approved_by, decided_at, effective_date, shadow_since, shadow_until)
                  = ($4, $5, $6, $7, $8, $9, $10, $11) WHERE tenant_id = $1 AND policy_id = $2 AND version = $3`
  const moved = [row.state, row.submitted_by, row.submitted_at, row.approved_by, row.decided_at, row.effective_date]
  await tx.query(text, [tx.tenantId, row.policy_id, row.version, ...moved, row.shadow_since, row.shadow_until])
}

/** Versions of access policies that count, will count or are in shadow from a time on, with the names of their policies. */
export async function listRulings(tx: Tx, at: Date): Promise<(VersionRow & { policy_name: string })[]> {
  // One that was approved counts no more once a later one has begun.
  const text = `SELECT p.policy_name, v.* FROM security_policies p
                JOIN LATERAL (SELECT ${VERSION} FROM policy_versions n WHERE n.tenant_id = p.tenant_id AND n.policy_id = p.id
                  AND (n.shadow_until > $2 OR n.state = 'approved' AND NOT EXISTS (SELECT FROM policy_versions b
                    WHERE b.tenant_id = n.tenant_id AND b.policy_id = n.policy_id AND b.version > n.version
                      AND b.state = 'approved' AND b.effective_date <= $2))) v ON true
                WHERE p.tenant_id = $1 AND p.policy_type = 'Access' ORDER BY p.id, v.version`
  return (await tx.query<VersionRow & { policy_name: string }>(text, [tx.tenantId, at])).rows
}
