import type { Tx } from '../../../platform/database/transaction.ts'
import type { Membership } from '../store-groups.ts'
import { groupScopesOf, IS_SEEN, IS_THERE, type PersonRow } from '../store-users.ts'

/** A person as a client sees them: the account, and what the client itself wrote of them, sealed. */
export interface SeenRow extends PersonRow {
  attributes_sealed: Buffer | null
}

const COLUMNS = `u.id, u.profile_sealed, u.status, u.scopes, ${groupScopesOf('u')} AS group_scopes, u.is_operator,
  u.mfa_enabled, u.is_break_glass, u.password_hash <> '' AS has_password, u.failed_login_attempts, u.locked_until,
  u.email_verified_at, u.last_login_at, u.created_at, u.updated_at, u.version, p.attributes_sealed`

/** Whom clients see, beside what they wrote of them; the names of both conditions are those of security_users alone. */
const FROM = `FROM security_users u
  LEFT JOIN scim_people p ON p.tenant_id = u.tenant_id AND p.user_id = u.id AND p.client_id = $2
  WHERE u.tenant_id = $1 AND ${IS_THERE} AND ${IS_SEEN}`

/** Which people; what is not given leaves all. */
export interface SeenQuery {
  id?: string
  /** Blind indexes of a name or an address. */
  names?: Buffer[]
  external?: Buffer
  after?: string
  offset?: number
  limit?: number
}

/** People whom the client of `clientId` sees, by id, which is the order in which they were made. */
export async function listSeen(tx: Tx, clientId: string, query: SeenQuery): Promise<SeenRow[]> {
  const { id = null, names = null, external = null, after = null, offset = 0, limit = null } = query
  const text = `SELECT ${COLUMNS} ${FROM}
                  AND ($3::uuid IS NULL OR u.id = $3)
                  AND ($4::bytea[] IS NULL OR u.username_index = ANY ($4) OR u.email_index = ANY ($4))
                  AND ($5::bytea IS NULL OR p.external_index = $5) AND ($6::uuid IS NULL OR u.id > $6)
                ORDER BY u.id OFFSET $7 LIMIT $8`
  return (await tx.query<SeenRow>(text, [tx.tenantId, clientId, id, names, external, after, offset, limit])).rows
}

export async function countSeen(tx: Tx): Promise<number> {
  const text = `SELECT count(*)::integer AS count FROM security_users WHERE tenant_id = $1 AND ${IS_THERE} AND ${IS_SEEN}`
  return (await tx.query<{ count: number }>(text, [tx.tenantId])).rows[0]?.count ?? 0
}

/** Puts what the client says of a person in the place of what it said before; false: it gave the same externalId to another. */
export async function putAttributes(
  tx: Tx,
  person: { clientId: string; userId: string; external: Buffer | null; sealed: Buffer; at: Date },
): Promise<boolean> {
  const { clientId, userId, external, sealed, at } = person
  const taken = `SELECT 1 FROM scim_people WHERE tenant_id = $1 AND client_id = $2 AND external_index = $4 AND user_id <> $3`
  if (external && (await tx.query(taken, [tx.tenantId, clientId, userId, external])).rowCount !== 0) return false
  const text = `INSERT INTO scim_people (tenant_id, client_id, user_id, external_index, attributes_sealed, created_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (tenant_id, client_id, user_id) DO UPDATE SET external_index = $4, attributes_sealed = $5`
  await tx.query(text, [tx.tenantId, clientId, userId, external, sealed, at])
  return true
}

/** Groups of the client in which people are. */
export async function groupsOf(
  tx: Tx,
  clientId: string,
  users: readonly string[],
): Promise<(Membership & { name: string })[]> {
  const text = `SELECT m.group_id, m.user_id, g.name FROM group_members m
                JOIN user_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
                WHERE m.tenant_id = $1 AND g.managed_by = $2 AND m.user_id = ANY ($3) ORDER BY g.id`
  return (await tx.query<Membership & { name: string }>(text, [tx.tenantId, clientId, users])).rows
}

/**
 * Whom one of the clients keeps: by its id of them, by name or by address, where nobody at the provider is linked to them
 * yet, since addresses are given to others again, and a client may change ids. Administrators link theirs themselves.
 */
export async function findKept(
  tx: Tx,
  clients: readonly string[],
  { externals, names, connectionId }: { externals: Buffer[]; names: Buffer[]; connectionId: string },
): Promise<string[]> {
  const text = `SELECT DISTINCT u.id FROM scim_people p
                JOIN security_users u ON u.tenant_id = p.tenant_id AND u.id = p.user_id
                WHERE p.tenant_id = $1 AND p.client_id = ANY ($2) AND ${IS_THERE} AND ${IS_SEEN} AND NOT 'tenant:admin' = ANY (u.scopes || ${groupScopesOf('u')})
                  AND (p.external_index = ANY ($3) OR u.username_index = ANY ($4) OR u.email_index = ANY ($4))
                  AND NOT EXISTS (SELECT 1 FROM external_identities e
                    WHERE e.tenant_id = $1 AND e.connection_id = $5 AND e.user_id = u.id)`
  const { rows } = await tx.query<{ id: string }>(text, [tx.tenantId, clients, externals, names, connectionId])
  return rows.map(({ id }) => id)
}
