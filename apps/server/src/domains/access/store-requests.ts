import type { Tx } from '../../platform/database/transaction.ts'

export interface RequestRow {
  decision_id: string
  decided_at: Date
  subject: string
  requests_sealed: Buffer
}

export async function insertRequests(tx: Tx, rows: readonly RequestRow[]): Promise<void> {
  if (rows.length === 0) return
  const text = `INSERT INTO decided_requests (tenant_id, decision_id, decided_at, subject, requests_sealed)
                SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::bytea[])`
  const ids = rows.map(({ decision_id }) => decision_id)
  const times = rows.map(({ decided_at }) => decided_at)
  const subjects = rows.map(({ subject }) => subject)
  const sealed = rows.map(({ requests_sealed }) => requests_sealed)
  await tx.query(text, [tx.tenantId, ids, times, subjects, sealed])
}

/** The newest first; ids of decisions grow with time. */
export async function listRequests(
  tx: Tx,
  { since, before, limit }: { since: Date; before: string | null; limit: number },
): Promise<RequestRow[]> {
  const text = `SELECT decision_id, decided_at, subject, requests_sealed FROM decided_requests
                WHERE tenant_id = $1 AND decided_at >= $2 AND ($3::uuid IS NULL OR decision_id < $3)
                ORDER BY decision_id DESC LIMIT $4`
  return (await tx.query<RequestRow>(text, [tx.tenantId, since, before, limit])).rows
}

/** How many went; those before a time, a part at once. */
export async function deleteRequestsBefore(tx: Tx, before: Date): Promise<number> {
  const text = `DELETE FROM decided_requests WHERE tenant_id = $1 AND decision_id IN
                  (SELECT decision_id FROM decided_requests WHERE tenant_id = $1 AND decided_at < $2 ORDER BY decided_at LIMIT 10000)`
  return (await tx.query(text, [tx.tenantId, before])).rowCount ?? 0
}
