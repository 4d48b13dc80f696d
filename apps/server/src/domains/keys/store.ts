import type { OperatorTx, Tx } from '../../platform/database/transaction.ts'

export interface TenantKeyRow {
  epoch: number
  root_epoch: number
  wrapped: Buffer
}
export interface DataKeyRow {
  key_id: string
  subject: string
  class: string
  epoch: number
  wrapped: Buffer
}
export interface TokenRow {
  token: Buffer
  subject: string
  kind: 'primary' | 'alias' | 'address'
  epoch: number
  value_sealed: Buffer
}
export interface SigningKeyRow {
  key_id: string
  name: string
  public_key: Buffer
  epoch: number
  wrapped: Buffer
  created_at: Date
  retired_at: Date | null
}

export async function readRootChecks(tx: OperatorTx): Promise<{ epoch: number; check_value: Buffer }[]> {
  return (
    await tx.query<{ epoch: number; check_value: Buffer }>(
      'SELECT epoch, check_value FROM root_epochs ORDER BY epoch',
      [],
    )
  ).rows
}

export async function insertRootCheck(tx: OperatorTx, epoch: number, check: Buffer, at: Date): Promise<void> {
  await tx.query(
    'INSERT INTO root_epochs (epoch, check_value, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [epoch, check, at],
  )
}

export async function deleteRootCheck(tx: OperatorTx, epoch: number): Promise<void> {
  await tx.query('DELETE FROM root_epochs WHERE epoch = $1', [epoch])
}

export async function readTenantKeys(tx: Tx): Promise<TenantKeyRow[]> {
  const text = 'SELECT epoch, root_epoch, wrapped FROM tenant_keys WHERE tenant_id = $1 ORDER BY epoch DESC'
  return (await tx.query<TenantKeyRow>(text, [tx.tenantId])).rows
}

const EPOCHS = 0x6b657973 // "keys": advisory locks of tenants' epochs

/**
 * Keeps the tenant's epoch from turning until the transaction ends; answers the current one. Two statements: the second
 * sees what the first one waited for. Advisory, since those who wait for a row's lock are overtaken by those who share it.
 */
export async function holdEpoch(tx: Tx): Promise<number> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1, hashtext($2))', [EPOCHS, tx.tenantId])
  const text = 'SELECT max(epoch) AS epoch FROM tenant_keys WHERE tenant_id = $1'
  return (await tx.query<{ epoch: number | null }>(text, [tx.tenantId])).rows[0]?.epoch ?? 0
}

/** Waits until nobody makes keys or tokens under the epochs that there are, and keeps everybody from it. */
export async function lockEpochs(tx: Tx): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [EPOCHS, tx.tenantId])
}

/** Two at once: the first one stays. */
export async function insertTenantKey(tx: Tx, key: TenantKeyRow, at: Date): Promise<void> {
  await tx.query(
    `INSERT INTO tenant_keys (tenant_id, epoch, root_epoch, wrapped, created_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [tx.tenantId, key.epoch, key.root_epoch, key.wrapped, at],
  )
}

export async function deleteTenantKeysBefore(tx: Tx, epoch: number): Promise<void> {
  await tx.query('DELETE FROM tenant_keys WHERE tenant_id = $1 AND epoch < $2', [tx.tenantId, epoch])
}

export async function readDataKeys(tx: Tx, subjects: string[], retention: string): Promise<DataKeyRow[]> {
  const text = `SELECT key_id, subject, class, epoch, wrapped FROM data_keys
                WHERE tenant_id = $1 AND subject = ANY ($2) AND class = $3`
  return (await tx.query<DataKeyRow>(text, [tx.tenantId, subjects, retention])).rows
}

export async function readDataKeysBefore(tx: Tx, epoch: number, limit: number): Promise<DataKeyRow[]> {
  const text = `SELECT key_id, subject, class, epoch, wrapped FROM data_keys
                WHERE tenant_id = $1 AND epoch < $2 LIMIT $3 FOR UPDATE`
  return (await tx.query<DataKeyRow>(text, [tx.tenantId, epoch, limit])).rows
}

export async function insertDataKeys(tx: Tx, keys: DataKeyRow[], at: Date): Promise<void> {
  await tx.query(
    `INSERT INTO data_keys (tenant_id, key_id, subject, class, epoch, wrapped, created_at)
     SELECT $1, u.key_id, u.subject, u.class, u.epoch, u.wrapped, $7
     FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::bytea[]) AS u (key_id, subject, class, epoch, wrapped)
     ON CONFLICT (tenant_id, subject, class) DO NOTHING`,
    [
      tx.tenantId,
      keys.map((k) => k.key_id),
      keys.map((k) => k.subject),
      keys.map((k) => k.class),
      keys.map((k) => k.epoch),
      keys.map((k) => k.wrapped),
      at,
    ],
  )
}

export async function rewrapDataKeys(
  tx: Tx,
  keys: { key_id: string; wrapped: Buffer }[],
  epoch: number,
): Promise<void> {
  await tx.query(
    `UPDATE data_keys d SET epoch = $4, wrapped = u.wrapped
     FROM unnest($2::uuid[], $3::bytea[]) AS u (key_id, wrapped)
     WHERE d.tenant_id = $1 AND d.key_id = u.key_id`,
    [tx.tenantId, keys.map((k) => k.key_id), keys.map((k) => k.wrapped), epoch],
  )
}

export async function readKeyIds(tx: Tx, subjects: string[]): Promise<{ subject: string; key_id: string }[]> {
  const text = 'SELECT subject, key_id FROM data_keys WHERE tenant_id = $1 AND subject = ANY ($2)'
  return (await tx.query<{ subject: string; key_id: string }>(text, [tx.tenantId, subjects])).rows
}

/** Destroys keys and tokens of the subjects: the keys first, so that whoever still adds a token is waited for. */
export async function deleteSubjects(tx: Tx, subjects: string[]): Promise<void> {
  await tx.query('DELETE FROM data_keys WHERE tenant_id = $1 AND subject = ANY ($2)', [tx.tenantId, subjects])
  await tx.query('DELETE FROM subject_tokens WHERE tenant_id = $1 AND subject = ANY ($2)', [tx.tenantId, subjects])
}

export async function readTokens(tx: Tx, tokens: Buffer[]): Promise<TokenRow[]> {
  const text = `SELECT token, subject, kind, epoch, value_sealed FROM subject_tokens
                WHERE tenant_id = $1 AND token = ANY ($2)`
  return (await tx.query<TokenRow>(text, [tx.tenantId, tokens])).rows
}

export async function readTokensOf(tx: Tx, subjects: string[]): Promise<TokenRow[]> {
  const text = `SELECT token, subject, kind, epoch, value_sealed FROM subject_tokens
                WHERE tenant_id = $1 AND subject = ANY ($2)`
  return (await tx.query<TokenRow>(text, [tx.tenantId, subjects])).rows
}

/**
 * A primary token that another node inserted first is left alone: the caller reads again. A subject that was
 * erased meanwhile gets no token.
 */
export async function insertTokens(tx: Tx, rows: TokenRow[]): Promise<void> {
  await tx.query(
    `WITH living AS (SELECT subject FROM data_keys WHERE tenant_id = $1 AND subject = ANY ($3) FOR KEY SHARE)
     INSERT INTO subject_tokens (tenant_id, token, subject, kind, epoch, value_sealed)
     SELECT $1, u.token, u.subject, u.kind, u.epoch, u.value_sealed
     FROM unnest($2::bytea[], $3::uuid[], $4::text[], $5::int[], $6::bytea[]) AS u (token, subject, kind, epoch, value_sealed)
     WHERE u.subject IN (SELECT subject FROM living)
     ON CONFLICT DO NOTHING`,
    [
      tx.tenantId,
      rows.map((r) => r.token),
      rows.map((r) => r.subject),
      rows.map((r) => r.kind),
      rows.map((r) => r.epoch),
      rows.map((r) => r.value_sealed),
    ],
  )
}

export async function replaceTokensOf(tx: Tx, subjects: string[], rows: TokenRow[]): Promise<void> {
  await tx.query('DELETE FROM subject_tokens WHERE tenant_id = $1 AND subject = ANY ($2)', [tx.tenantId, subjects])
  await insertTokens(tx, rows)
}

export async function readSigningKeys(tx: Tx): Promise<SigningKeyRow[]> {
  const text = `SELECT key_id, name, public_key, epoch, wrapped, created_at, retired_at FROM signing_keys
                WHERE tenant_id = $1 ORDER BY created_at DESC`
  return (await tx.query<SigningKeyRow>(text, [tx.tenantId])).rows
}

export async function insertSigningKey(tx: Tx, key: SigningKeyRow): Promise<void> {
  await tx.query(
    `INSERT INTO signing_keys (tenant_id, key_id, name, algorithm, public_key, epoch, wrapped, created_at)
     VALUES ($1, $2, $3, 'ed25519', $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [tx.tenantId, key.key_id, key.name, key.public_key, key.epoch, key.wrapped, key.created_at],
  )
}

/** Ends the current signing key of the tenant; it signs beside its successor for a while. */
export async function retireSigningKey(tx: Tx, at: Date): Promise<void> {
  const text = 'UPDATE signing_keys SET retired_at = $2 WHERE tenant_id = $1 AND retired_at IS NULL'
  await tx.query(text, [tx.tenantId, at])
}

export async function rewrapSigningKey(tx: Tx, keyId: string, wrapped: Buffer, epoch: number): Promise<void> {
  const text = 'UPDATE signing_keys SET wrapped = $3, epoch = $4 WHERE tenant_id = $1 AND key_id = $2'
  await tx.query(text, [tx.tenantId, keyId, wrapped, epoch])
}

export interface TombstoneRow {
  subject: string
  erased_at: Date
  proof: string
}

/** Main database: from here on nothing is sealed or opened for these pseudonyms. The ids stand before the keys are gone. */
export async function insertTombstones(
  tx: Tx,
  rows: { subject: string; proof: string; keyIds: string[] }[],
  at: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO subject_tombstones (tenant_id, subject, erased_at, proof, key_ids)
     SELECT $1, u.subject, $3, u.proof, u.key_ids::uuid[] FROM unnest($2::uuid[], $4::text[], $5::text[]) AS u (subject, proof, key_ids)
     ON CONFLICT (tenant_id, subject) DO UPDATE
       SET erased_at = excluded.erased_at, proof = excluded.proof,
           key_ids = ARRAY(SELECT unnest(subject_tombstones.key_ids) UNION SELECT unnest(excluded.key_ids))
       WHERE subject_tombstones.keys_destroyed_at IS NULL`,
    [
      tx.tenantId,
      rows.map((row) => row.subject),
      at,
      rows.map((row) => row.proof),
      rows.map((row) => `{${row.keyIds.join(',')}}`),
    ],
  )
}

export async function completeTombstones(tx: Tx, subjects: string[], at: Date): Promise<void> {
  const text = `UPDATE subject_tombstones SET keys_destroyed_at = $3
                WHERE tenant_id = $1 AND subject = ANY ($2) AND keys_destroyed_at IS NULL`
  await tx.query(text, [tx.tenantId, subjects, at])
}

/** Ids of the keys of these people, all of them destroyed. */
export async function readDestroyedKeys(tx: Tx, subjects: string[]): Promise<string[]> {
  const text = `SELECT DISTINCT unnest(key_ids) AS key_id FROM subject_tombstones
                WHERE tenant_id = $1 AND subject = ANY ($2) ORDER BY key_id`
  return (await tx.query<{ key_id: string }>(text, [tx.tenantId, subjects])).rows.map((row) => row.key_id)
}

export async function readOpenTombstones(tx: Tx): Promise<TombstoneRow[]> {
  const text = `SELECT subject, erased_at, proof FROM subject_tombstones
                WHERE tenant_id = $1 AND keys_destroyed_at IS NULL`
  return (await tx.query<TombstoneRow>(text, [tx.tenantId])).rows
}

export async function readTombstones(tx: Tx, subjects: string[]): Promise<TombstoneRow[]> {
  const text = 'SELECT subject, erased_at, proof FROM subject_tombstones WHERE tenant_id = $1 AND subject = ANY ($2)'
  return (await tx.query<TombstoneRow>(text, [tx.tenantId, subjects])).rows
}
