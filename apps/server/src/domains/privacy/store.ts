import type { Tx } from '../../platform/database/transaction.ts'

export interface ErasureRow {
  id: string
  subject_id: string
  /** RFC 3339 with microseconds: no two requests of a process have the same. */
  request_date: string
  erasure_method: string
  legal_basis: string
  requested_by: string | null
}

export async function insertErasure(tx: Tx, row: ErasureRow): Promise<void> {
  await tx.query(
    `INSERT INTO data_erasure_requests (tenant_id, id, subject_id, request_date, erasure_method, legal_basis, status, requested_by)
     VALUES ($1, $2, $3, $4, $5, $6, 'InProgress', $7)`,
    [tx.tenantId, row.id, row.subject_id, row.request_date, row.erasure_method, row.legal_basis, row.requested_by],
  )
}

export interface OpenErasure {
  id: string
  subject_id: string
  erasure_method: string
  /** To the microsecond: the same for rows of one request. */
  requested: string
}

/** Requests from before a time that are not completed, by id. */
export async function readOpenErasures(tx: Tx, before: Date): Promise<OpenErasure[]> {
  const text = `SELECT id, subject_id, erasure_method, request_date::text AS requested FROM data_erasure_requests
                WHERE tenant_id = $1 AND status IN ('Pending', 'InProgress') AND request_date < $2 ORDER BY id`
  return (await tx.query<OpenErasure>(text, [tx.tenantId, before])).rows
}

export async function completeErasure(
  tx: Tx,
  id: string,
  done: { at: Date; hash: string; proof: string; affected: number; unrecoverable: Date },
): Promise<void> {
  await tx.query(
    `UPDATE data_erasure_requests SET status = 'Completed', completion_date = $3, verification_hash = $4, proof_of_erasure = $5,
       affected_data_count = $6, unrecoverable_after = $7 WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, done.at, done.hash, done.proof, done.affected, done.unrecoverable],
  )
}

export interface ListedErasure {
  id: string
  subject_id: string
  request_date: Date
  erasure_method: string
  legal_basis: string
  status: 'Pending' | 'InProgress' | 'Completed' | 'Failed'
  completion_date: Date | null
  affected_data_count: number
  verification_hash: string | null
  proof_of_erasure: string | null
  unrecoverable_after: Date | null
  requested_by: string | null
}

/** Requests, the newest first, older than one. */
export async function listErasures(tx: Tx, before: string | null, limit: number): Promise<ListedErasure[]> {
  const text = `SELECT id, subject_id, request_date, erasure_method, legal_basis, status, completion_date, affected_data_count,
                  verification_hash, proof_of_erasure, unrecoverable_after, requested_by
                FROM data_erasure_requests WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`
  return (await tx.query<ListedErasure>(text, [tx.tenantId, before, limit])).rows
}
