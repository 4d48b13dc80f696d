import type { Tx } from '../../platform/database/transaction.ts'

export interface DifferenceRow {
  id: string
  policy_id: string
  version: number
  decision_id: string
  decided_at: Date
  /** Pseudonym of whom it is about. */
  subject: string
  told_sealed: Buffer
  would: 'allow' | 'deny'
}

export async function insertDifferences(tx: Tx, rows: readonly DifferenceRow[]): Promise<void> {
  const text = `INSERT INTO policy_differences (tenant_id, id, policy_id, version, decision_id, decided_at, subject, told_sealed, would)
                SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::uuid[], $6::timestamptz[], $7::uuid[], $8::bytea[], $9::text[])`
  const columns = [
    rows.map((row) => row.id),
    rows.map((row) => row.policy_id),
    rows.map((row) => row.version),
    rows.map((row) => row.decision_id),
    rows.map((row) => row.decided_at),
    rows.map((row) => row.subject),
    rows.map((row) => row.told_sealed),
    rows.map((row) => row.would),
  ]
  await tx.query(text, [tx.tenantId, ...columns])
}

/** The newest first. */
export async function listDifferences(
  tx: Tx,
  policyId: string,
  version: number,
  limit: number,
): Promise<DifferenceRow[]> {
  const text = `SELECT id, policy_id, version, decision_id, decided_at, subject, told_sealed, would FROM policy_differences
                WHERE tenant_id = $1 AND policy_id = $2 AND version = $3 ORDER BY id DESC LIMIT $4`
  return (await tx.query<DifferenceRow>(text, [tx.tenantId, policyId, version, limit])).rows
}

/** A part of those before a time, at once. */
export async function deleteDifferencesBefore(tx: Tx, before: Date): Promise<void> {
  const text = `DELETE FROM policy_differences WHERE tenant_id = $1 AND id IN
                  (SELECT id FROM policy_differences WHERE tenant_id = $1 AND decided_at < $2 LIMIT 10000)`
  await tx.query(text, [tx.tenantId, before])
}
