import type { Tx } from '../../platform/database/transaction.ts'

export interface DeviceRow {
  id: string
  created_at: Date
  expires_at: Date
  last_used_at: Date
}

export async function insertDevice(
  tx: Tx,
  device: { id: string; userId: string; hash: Buffer; at: Date; until: Date },
): Promise<void> {
  const drop = 'DELETE FROM remembered_devices WHERE tenant_id = $1 AND user_id = $2 AND expires_at <= $3'
  await tx.query(drop, [tx.tenantId, device.userId, device.at])
  await tx.query(
    `INSERT INTO remembered_devices (tenant_id, id, user_id, token_hash, created_at, last_used_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $5, $6)`,
    [tx.tenantId, device.id, device.userId, device.hash, device.at, device.until],
  )
}

/** Notes that a device of a person was not asked; false: it is none, or it is to be asked again. `since`: it must have been remembered later. */
export async function useDevice(
  tx: Tx,
  device: { userId: string; hash: Buffer; since: Date; at: Date },
): Promise<boolean> {
  const text = `UPDATE remembered_devices SET last_used_at = $5
                WHERE tenant_id = $1 AND user_id = $2 AND token_hash = $3 AND created_at > $4 AND expires_at > $5`
  return (await tx.query(text, [tx.tenantId, device.userId, device.hash, device.since, device.at])).rowCount === 1
}

export async function listDevices(tx: Tx, userId: string, at: Date): Promise<DeviceRow[]> {
  const text = `SELECT id, created_at, expires_at, last_used_at FROM remembered_devices
                WHERE tenant_id = $1 AND user_id = $2 AND expires_at > $3 ORDER BY last_used_at DESC, id`
  return (await tx.query<DeviceRow>(text, [tx.tenantId, userId, at])).rows
}

/** Forgets those of a person; answers how many. */
export async function deleteDevices(tx: Tx, userId: string): Promise<number> {
  const text = 'DELETE FROM remembered_devices WHERE tenant_id = $1 AND user_id = $2'
  return (await tx.query(text, [tx.tenantId, userId])).rowCount ?? 0
}
