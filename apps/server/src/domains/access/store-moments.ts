import type { Tx } from '../../platform/database/transaction.ts'

export async function insertMoment(tx: Tx, id: string, at: Date): Promise<void> {
  const text = 'INSERT INTO access_moments (tenant_id, id, told_at) VALUES ($1, $2, $3)'
  await tx.query(text, [tx.tenantId, id, at])
}

export async function hasMoment(tx: Tx, id: string): Promise<boolean> {
  return (
    (await tx.query('SELECT 1 FROM access_moments WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id])).rowCount === 1
  )
}

export async function deleteMomentsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.query('DELETE FROM access_moments WHERE tenant_id = $1 AND told_at < $2', [tx.tenantId, before])
}
