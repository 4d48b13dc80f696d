import type { Tx } from '../../platform/database/transaction.ts'

export interface RequestRow {
  decision_id: string
  decided_at: Date
  subject: string
  requests_sealed: Buffer
}

export async function insertRequest(tx: Tx, row: RequestRow): Promise<void> {
  const text = `INSERT INTO decided_requests (tenant_id, decision_id, decided_at, subject, requests_sealed) VALUES ($1, $2, $3, $4, $5)`
  await tx.query(text, [tx.tenantId, row.decision_id, row.decided_at, row.subject, row.requests_sealed])
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
