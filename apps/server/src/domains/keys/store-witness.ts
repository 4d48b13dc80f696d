import type { OperatorTx } from '../../platform/database/transaction.ts'

interface HeadRow {
  origin: string
  size: number
  root: Uint8Array
}

export async function readHeads(tx: OperatorTx, origins: string[]): Promise<HeadRow[]> {
  const text = 'SELECT origin, size, root FROM witnessed_heads WHERE origin = ANY ($1)'
  return (await tx.query<HeadRow>(text, [origins])).rows
}

/** Moves heads forward, never back. */
export async function raiseHeads(tx: OperatorTx, heads: readonly HeadRow[], at: Date): Promise<void> {
  await tx.query(
    `INSERT INTO witnessed_heads (origin, size, root, seen_at)
     SELECT u.origin, u.size, u.root, $4 FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS u (origin, size, root)
     ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, seen_at = excluded.seen_at
       WHERE witnessed_heads.size < excluded.size`,
    [heads.map((h) => h.origin), heads.map((h) => h.size), heads.map((h) => h.root), at],
  )
}

/** Moves a head forward from what it must still be; null: none was seen. */
export async function raiseHeadFrom(
  tx: OperatorTx,
  from: Omit<HeadRow, 'origin'> | null,
  { origin, size, root }: HeadRow,
  at: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO witnessed_heads (origin, size, root, seen_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, seen_at = excluded.seen_at
       WHERE witnessed_heads.size = $5 AND witnessed_heads.root = $6`,
    [origin, size, root, at, from?.size ?? null, from?.root ?? null],
  )
}

export async function replaceHead(tx: OperatorTx, { origin, size, root }: HeadRow, at: Date): Promise<void> {
  await tx.query('UPDATE witnessed_heads SET size = $2, root = $3, seen_at = $4 WHERE origin = $1', [
    origin,
    size,
    root,
    at,
  ])
}
