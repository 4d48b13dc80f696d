import type { Tx } from '../../../platform/database/transaction.ts'

/** What the groups are called in which somebody is. */
export async function namesOfGroups(tx: Tx, userId: string): Promise<string[]> {
  const text = `SELECT g.name FROM group_members m JOIN user_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
                WHERE m.tenant_id = $1 AND m.user_id = $2 ORDER BY g.name`
  return (await tx.query<{ name: string }>(text, [tx.tenantId, userId])).rows.map(({ name }) => name)
}

/** How and when the person of a session showed who they are, and whether a factor that is demanded is missing. */
export async function readProof(tx: Tx, sessionId: string): Promise<{ methods: string[]; at: Date } | null> {
  const text = `SELECT methods, coalesce(authenticated_at, created_at) AS at FROM security_sessions
                WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL`
  return (await tx.query<{ methods: string[]; at: Date }>(text, [tx.tenantId, sessionId])).rows[0] ?? null
}
