import type { Tx } from '../../../platform/database/transaction.ts'

export interface ArtifactRow {
  id_hash: Buffer
  payload_sealed: Buffer
  consumed_at: Date | null
}

export interface NewArtifact {
  model: string
  idHash: Buffer
  sealed: Buffer
  applicationId: string | null
  userId: string | null
  grantHash: Buffer | null
  uidHash: Buffer | null
  userCodeHash: Buffer | null
  expires: Date
}

/** Those whose application is enabled and whose person is active, in a tenant that is: what ends one of these ends them at once. */
const IS_GOOD = `(a.user_id IS NULL OR EXISTS (SELECT 1 FROM security_users u
      WHERE u.tenant_id = a.tenant_id AND u.id = a.user_id AND u.status = 'active'))
    AND (a.application_id IS NULL OR EXISTS (SELECT 1 FROM applications c
      WHERE c.tenant_id = a.tenant_id AND c.id = a.application_id AND c.is_enabled))
    AND (SELECT is_active FROM tenants t WHERE t.id = a.tenant_id)`

/** `isOnce`: what is there already stays as it is; false: it was there. */
export async function putArtifact(tx: Tx, artifact: NewArtifact, at: Date, isOnce: boolean): Promise<boolean> {
  await tx.query('DELETE FROM application_artifacts WHERE tenant_id = $1 AND expires_at <= $2', [tx.tenantId, at])
  const text = `INSERT INTO application_artifacts (tenant_id, model, id_hash, payload_sealed, application_id, user_id, grant_hash, uid_hash,
                  user_code_hash, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (tenant_id, model, id_hash) DO UPDATE SET (payload_sealed, application_id, user_id, grant_hash, uid_hash,
                  user_code_hash, expires_at) = ($4, $5, $6, $7, $8, $9, $10) WHERE NOT $11`
  const { model, idHash, sealed, applicationId, userId, grantHash, uidHash, userCodeHash, expires } = artifact
  const values = [model, idHash, sealed, applicationId, userId, grantHash, uidHash, userCodeHash, expires]
  return (await tx.query(text, [tx.tenantId, ...values, isOnce])).rowCount === 1
}

/** The one of an id, of a log-in under way, or of a code that a person typed. */
export async function findArtifact(
  tx: Tx,
  model: string,
  by: { column: 'id_hash' | 'uid_hash' | 'user_code_hash'; hash: Buffer; at: Date },
): Promise<ArtifactRow | null> {
  const text = `SELECT a.id_hash, a.payload_sealed, a.consumed_at FROM application_artifacts a
                WHERE a.tenant_id = $1 AND a.model = $2 AND a.${by.column} = $3 AND a.expires_at > $4 AND ${IS_GOOD}`
  return (await tx.query<ArtifactRow>(text, [tx.tenantId, model, by.hash, by.at])).rows[0] ?? null
}

/** False: it was used before, or by another at this moment. */
export async function consumeArtifact(tx: Tx, model: string, idHash: Buffer, at: Date): Promise<boolean> {
  const text = `UPDATE application_artifacts SET consumed_at = $4
                WHERE tenant_id = $1 AND model = $2 AND id_hash = $3 AND consumed_at IS NULL`
  return (await tx.query(text, [tx.tenantId, model, idHash, at])).rowCount === 1
}

export async function deleteArtifact(tx: Tx, model: string, idHash: Buffer): Promise<void> {
  const text = 'DELETE FROM application_artifacts WHERE tenant_id = $1 AND model = $2 AND id_hash = $3'
  await tx.query(text, [tx.tenantId, model, idHash])
}

/** All that a grant gave, but the grant. */
export async function deleteByGrant(tx: Tx, grantHash: Buffer): Promise<void> {
  await tx.query('DELETE FROM application_artifacts WHERE tenant_id = $1 AND grant_hash = $2', [tx.tenantId, grantHash])
}

/** Grants of a person, the newest first. */
export async function listGrants(
  tx: Tx,
  userId: string,
  at: Date,
): Promise<{ application_id: string; name: string; id_hash: Buffer; payload_sealed: Buffer }[]> {
  const text = `SELECT a.application_id, c.name, a.id_hash, a.payload_sealed FROM application_artifacts a
                JOIN applications c ON c.tenant_id = a.tenant_id AND c.id = a.application_id
                WHERE a.tenant_id = $1 AND a.model = 'Grant' AND a.user_id = $2 AND a.expires_at > $3 ORDER BY c.name`
  type Row = { application_id: string; name: string; id_hash: Buffer; payload_sealed: Buffer }
  return (await tx.query<Row>(text, [tx.tenantId, userId, at])).rows
}

/** Takes from an application all that a person let it have; answers whether there was anything. */
export async function deleteOfPerson(tx: Tx, userId: string, applicationId: string): Promise<boolean> {
  const text = 'DELETE FROM application_artifacts WHERE tenant_id = $1 AND user_id = $2 AND application_id = $3'
  return ((await tx.query(text, [tx.tenantId, userId, applicationId])).rowCount ?? 0) > 0
}
