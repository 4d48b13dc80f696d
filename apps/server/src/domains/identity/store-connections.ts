import type { ConnectionKind, LdapSettings, OidcSettings, SamlSettings, Scope } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { groupScopesOf } from './store-users.ts'

/** A kind with its settings. */
export type Protocol =
  | { kind: 'oidc'; settings: OidcSettings }
  | { kind: 'saml'; settings: SamlSettings }
  | { kind: 'ldap'; settings: LdapSettings }

export type ConnectionRow = CommonRow & Protocol

interface CommonRow {
  id: string
  kind: ConnectionKind
  name: string
  client_secret_sealed: Buffer | null
  group_scopes: Record<string, Scope[]> | null
  default_scopes: Scope[]
  creates_accounts: boolean
  trusts_second_factor: boolean
  is_enabled: boolean
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = `id, kind, name, settings, client_secret_sealed, group_scopes, default_scopes, creates_accounts, trusts_second_factor,
  is_enabled, version, created_at, updated_at`

function valuesOf(row: ConnectionRow): unknown[] {
  return [
    ...[row.kind, row.name, JSON.stringify(row.settings), row.client_secret_sealed],
    row.group_scopes === null ? null : JSON.stringify(row.group_scopes),
    ...[row.default_scopes, row.creates_accounts, row.trusts_second_factor, row.is_enabled, row.version],
    ...[row.created_at, row.updated_at],
  ]
}

/** False: the name is taken. */
export async function insertConnection(tx: Tx, row: ConnectionRow): Promise<boolean> {
  const text = `INSERT INTO identity_connections (tenant_id, ${COLUMNS})
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (tenant_id, name) DO NOTHING`
  return (await tx.query(text, [tx.tenantId, row.id, ...valuesOf(row)])).rowCount === 1
}

export async function updateConnection(tx: Tx, row: ConnectionRow): Promise<void> {
  const text = `UPDATE identity_connections SET (kind, name, settings, client_secret_sealed, group_scopes, default_scopes, creates_accounts,
                  trusts_second_factor, is_enabled, version, created_at, updated_at)
                = ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) WHERE tenant_id = $1 AND id = $2`
  await tx.query(text, [tx.tenantId, row.id, ...valuesOf(row)])
}

export async function lockConnection(tx: Tx, id: string): Promise<ConnectionRow | null> {
  const text = `SELECT ${COLUMNS} FROM identity_connections WHERE tenant_id = $1 AND id = $2 FOR UPDATE`
  return (await tx.query<ConnectionRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** All of the tenant, or the one of a name or an id. */
export async function listConnections(
  tx: Tx,
  { name = null, id = null }: { name?: string | null; id?: string | null } = {},
): Promise<ConnectionRow[]> {
  const text = `SELECT ${COLUMNS} FROM identity_connections
                WHERE tenant_id = $1 AND ($2::text IS NULL OR name = $2) AND ($3::uuid IS NULL OR id = $3) ORDER BY name`
  return (await tx.query<ConnectionRow>(text, [tx.tenantId, name, id])).rows
}

export async function deleteConnection(tx: Tx, id: string): Promise<boolean> {
  const text = 'DELETE FROM identity_connections WHERE tenant_id = $1 AND id = $2'
  return (await tx.query(text, [tx.tenantId, id])).rowCount === 1
}

export interface PendingRow {
  connection_id: string
  user_id: string | null
}

export async function insertPending(
  tx: Tx,
  pending: { hash: Buffer; connectionId: string; userId: string | null; at: Date; until: Date },
): Promise<void> {
  await tx.query('DELETE FROM federation_requests WHERE tenant_id = $1 AND expires_at <= $2', [tx.tenantId, pending.at])
  const text = `INSERT INTO federation_requests (tenant_id, token_hash, connection_id, user_id, expires_at) VALUES ($1, $2, $3, $4, $5)`
  await tx.query(text, [tx.tenantId, pending.hash, pending.connectionId, pending.userId, pending.until])
}

/** Takes a log-in that is under way, once. */
export async function takePending(tx: Tx, hash: Buffer, at: Date): Promise<PendingRow | null> {
  const text = `DELETE FROM federation_requests WHERE tenant_id = $1 AND token_hash = $2 AND expires_at > $3 RETURNING connection_id, user_id`
  return (await tx.query<PendingRow>(text, [tx.tenantId, hash, at])).rows[0] ?? null
}

/** Takes what a provider issued; false: it was taken before. */
export async function useAssertion(
  tx: Tx,
  used: { connectionId: string; hash: Buffer; until: Date },
  at: Date,
): Promise<boolean> {
  await tx.query('DELETE FROM used_assertions WHERE tenant_id = $1 AND expires_at <= $2', [tx.tenantId, at])
  const text = `INSERT INTO used_assertions (tenant_id, connection_id, assertion_hash, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
  return (await tx.query(text, [tx.tenantId, used.connectionId, used.hash, used.until])).rowCount === 1
}

/** Who of ours somebody at a provider is. */
export async function findExternal(tx: Tx, connectionId: string, subject: Buffer): Promise<string | null> {
  const text = `SELECT user_id FROM external_identities WHERE tenant_id = $1 AND connection_id = $2 AND subject_index = $3`
  return (await tx.query<{ user_id: string }>(text, [tx.tenantId, connectionId, subject])).rows[0]?.user_id ?? null
}

/** Says who it is; one who is said to be somebody already stays who they are: false where that is another. */
export async function insertExternal(
  tx: Tx,
  external: { connectionId: string; subject: Buffer; userId: string; at: Date },
): Promise<boolean> {
  const text = `INSERT INTO external_identities AS e (tenant_id, connection_id, subject_index, user_id, created_at, last_login_at)
                VALUES ($1, $2, $3, $4, $5, $5)
                ON CONFLICT (tenant_id, connection_id, subject_index) DO UPDATE SET last_login_at = $5 WHERE e.user_id = $4`
  const { connectionId, subject, userId, at } = external
  return (await tx.query(text, [tx.tenantId, connectionId, subject, userId, at])).rowCount === 1
}

export interface LinkedRow {
  connection_id: string
  connection: string
  created_at: Date
  last_login_at: Date
}

export async function listExternal(tx: Tx, userId: string): Promise<LinkedRow[]> {
  const text = `SELECT e.connection_id, c.name AS connection, e.created_at, e.last_login_at
                FROM external_identities e JOIN identity_connections c ON c.tenant_id = e.tenant_id AND c.id = e.connection_id
                WHERE e.tenant_id = $1 AND e.user_id = $2 ORDER BY c.name`
  return (await tx.query<LinkedRow>(text, [tx.tenantId, userId])).rows
}

/** Answers how many: somebody may be several people at one provider. */
export async function deleteExternal(tx: Tx, userId: string, connectionId: string): Promise<number> {
  const text = 'DELETE FROM external_identities WHERE tenant_id = $1 AND user_id = $2 AND connection_id = $3'
  return (await tx.query(text, [tx.tenantId, userId, connectionId])).rowCount ?? 0
}

export async function updateScopes(tx: Tx, userId: string, scopes: readonly Scope[], at: Date): Promise<void> {
  const text = `UPDATE security_users SET scopes = $3, updated_at = $4, version = version + 1
                WHERE tenant_id = $1 AND id = $2 AND NOT (scopes @> $3 AND scopes <@ $3)`
  await tx.query(text, [tx.tenantId, userId, scopes, at])
}

/** What those may do who log in through it. */
export async function scopesReached(tx: Tx, connectionId: string): Promise<Scope[]> {
  const text = `SELECT DISTINCT unnest(u.scopes || ${groupScopesOf('u')}
                  || CASE WHEN u.is_operator THEN '{platform:operate}'::text[] ELSE '{}' END) AS scope
                FROM external_identities e JOIN security_users u ON u.tenant_id = e.tenant_id AND u.id = e.user_id
                WHERE e.tenant_id = $1 AND e.connection_id = $2`
  return (await tx.query<{ scope: Scope }>(text, [tx.tenantId, connectionId])).rows.map(({ scope }) => scope)
}

/** Whoever logs in by a connection. */
export async function usersReached(tx: Tx, connectionId: string): Promise<string[]> {
  const text = 'SELECT user_id FROM external_identities WHERE tenant_id = $1 AND connection_id = $2'
  return (await tx.query<{ user_id: string }>(text, [tx.tenantId, connectionId])).rows.map(({ user_id }) => user_id)
}
