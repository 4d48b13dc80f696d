import type { OperatorTx, Tx } from '../../platform/database/transaction.ts'

export interface RealmRow {
  domain: string
  connection_id: string | null
  challenge: string
  verified_at: Date | null
}

const COLUMNS = 'domain, connection_id, challenge, verified_at'

/** All of the tenant, or the one of a name. */
export async function listRealms(tx: Tx, domain: string | null = null): Promise<RealmRow[]> {
  const text = `SELECT ${COLUMNS} FROM home_realms WHERE tenant_id = $1 AND ($2::text IS NULL OR domain = $2) ORDER BY domain`
  return (await tx.query<RealmRow>(text, [tx.tenantId, domain])).rows
}

/** One that is there keeps its challenge, and so what DNS shows. */
export async function putRealm(
  tx: Tx,
  realm: { domain: string; connectionId: string | null; challenge: string; at: Date },
): Promise<void> {
  const text = `INSERT INTO home_realms (tenant_id, domain, connection_id, challenge, created_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (tenant_id, domain) DO UPDATE SET connection_id = $3`
  await tx.query(text, [tx.tenantId, realm.domain, realm.connectionId, realm.challenge, realm.at])
}

/** Whose it is, is settled by one at a time, whatever tenant they are of. */
export async function lockDomain(tx: Tx, domain: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('home_realms ' || $1, 0))", [domain])
}

export async function verifyRealm(tx: Tx, domain: string, at: Date): Promise<void> {
  const text = 'UPDATE home_realms SET verified_at = $3 WHERE tenant_id = $1 AND domain = $2'
  await tx.query(text, [tx.tenantId, domain, at])
}

export async function deleteRealm(tx: Tx, domain: string): Promise<boolean> {
  const text = 'DELETE FROM home_realms WHERE tenant_id = $1 AND domain = $2'
  return (await tx.query(text, [tx.tenantId, domain])).rowCount === 1
}

/** Whose a domain is, of all tenants: what nobody has shown to be theirs is nobody's. */
export async function findOwner(
  tx: OperatorTx,
  domain: string,
): Promise<{ tenant_id: string; connection_id: string | null } | null> {
  const text = `SELECT h.tenant_id, h.connection_id FROM home_realms h JOIN tenants t ON t.id = h.tenant_id
                WHERE h.domain = $1 AND h.verified_at IS NOT NULL AND t.is_active`
  return (await tx.query<{ tenant_id: string; connection_id: string | null }>(text, [domain])).rows[0] ?? null
}
