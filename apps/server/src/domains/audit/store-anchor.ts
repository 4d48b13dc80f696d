import type { SequencerTx, Tx } from '../../platform/database/transaction.ts'
import type { Head } from './store.ts'

/** A head of a log and where it was anchored. */
export interface AnchorRow extends Head {
  path: Buffer
  anchor: number
}

/** Newest anchored head of the tenant's log; null before the first. */
export async function readAnchor(tx: Tx): Promise<AnchorRow | null> {
  const text = `SELECT l.origin, a.size, a.root, a.checkpoint, a.path, a.anchor
                FROM audit_anchors a JOIN audit_logs l USING (tenant_id) WHERE tenant_id = $1`
  return (await tx.query<AnchorRow>(text, [tx.tenantId])).rows[0] ?? null
}

export interface HeadToAnchor extends Head {
  tenant_id: string
}

/** Heads of all logs but the anchor log's own, and whether each moved since it was anchored. */
export async function readAllHeads(tx: SequencerTx, except: string): Promise<(HeadToAnchor & { moved: boolean })[]> {
  const text = `SELECT l.tenant_id, l.origin, l.size, l.root, l.checkpoint, a.size IS DISTINCT FROM l.size AS moved
                FROM audit_logs l LEFT JOIN audit_anchors a USING (tenant_id) WHERE l.tenant_id <> $1`
  return (await tx.query<HeadToAnchor & { moved: boolean }>(text, [except])).rows
}

/** Moves anchored heads forward; a process that anchored late changes nothing that a later one wrote. */
export async function upsertAnchors(
  tx: SequencerTx,
  anchor: number,
  rows: (HeadToAnchor & { path: Buffer })[],
): Promise<void> {
  await tx.query(
    `INSERT INTO audit_anchors (tenant_id, size, root, checkpoint, path, anchor)
     SELECT u.tenant_id, u.size, u.root, u.checkpoint, u.path, $6
     FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::text[], $5::bytea[]) AS u (tenant_id, size, root, checkpoint, path)
     ON CONFLICT (tenant_id) DO UPDATE
       SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint, path = excluded.path,
           anchor = excluded.anchor
       WHERE audit_anchors.anchor < excluded.anchor`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.size),
      rows.map((r) => r.root),
      rows.map((r) => r.checkpoint),
      rows.map((r) => r.path),
      anchor,
    ],
  )
}
