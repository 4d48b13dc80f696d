import type { Scope, UserStatus } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'

/** A user as others see them, sealed. */
export interface PersonRow {
  id: string
  profile_sealed: Buffer
  status: UserStatus
  scopes: Scope[]
  /** What groups open, beside. */
  group_scopes: Scope[]
  is_operator: boolean
  mfa_enabled: boolean
  is_break_glass: boolean
  has_password: boolean
  failed_login_attempts: number
  locked_until: Date | null
  email_verified_at: Date | null
  last_login_at: Date | null
  created_at: Date
  updated_at: Date
  version: number
}

/** What user `u` may do by being in groups. */
export function groupScopesOf(u: string): string {
  return `ARRAY(SELECT DISTINCT unnest(g.scopes) FROM group_members m
    JOIN user_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
    WHERE m.tenant_id = ${u}.tenant_id AND m.user_id = ${u}.id)`
}

const COLUMNS = `id, profile_sealed, status, scopes, ${groupScopesOf('security_users')} AS group_scopes, is_operator, mfa_enabled, is_break_glass, password_hash <> '' AS has_password,
  failed_login_attempts, locked_until, email_verified_at, last_login_at, created_at, updated_at, version`

/** Who is a person, and not gone. */
export const IS_THERE = `status NOT IN ('deleted', 'erased') AND kind = 'person'`

/** Whom SCIM clients see: not the accounts that must work when a client goes astray. */
export const IS_SEEN = 'NOT is_break_glass AND NOT is_operator'

/** People who are deleted or erased are not there, nor are service accounts. */
export async function readPerson(tx: Tx, id: string): Promise<PersonRow | null> {
  const text = `SELECT ${COLUMNS} FROM security_users WHERE tenant_id = $1 AND id = $2 AND ${IS_THERE}`
  return (await tx.query<PersonRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** The same, held until the transaction ends. */
export async function lockPerson(tx: Tx, id: string): Promise<PersonRow | null> {
  const text = `SELECT ${COLUMNS} FROM security_users WHERE tenant_id = $1 AND id = $2 AND ${IS_THERE} FOR NO KEY UPDATE`
  return (await tx.query<PersonRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** Holds all of a tenant until the transaction ends. */
export async function lockPeople(tx: Tx): Promise<void> {
  await tx.query('SELECT id FROM security_users WHERE tenant_id = $1 ORDER BY id FOR NO KEY UPDATE', [tx.tenantId])
}

export async function listPeople(
  tx: Tx,
  {
    after,
    status,
    names,
    limit,
  }: { after: string | null; status: UserStatus | null; names: Buffer[] | null; limit: number },
): Promise<PersonRow[]> {
  const text = `SELECT ${COLUMNS} FROM security_users
                WHERE tenant_id = $1 AND ${IS_THERE} AND ($2::uuid IS NULL OR id > $2) AND ($3::text IS NULL OR status = $3)
                  AND ($4::bytea[] IS NULL OR username_index = ANY ($4) OR email_index = ANY ($4))
                ORDER BY id LIMIT $5`
  return (await tx.query<PersonRow>(text, [tx.tenantId, after, status, names, limit])).rows
}

/** How many others could administer the tenant; their rows are held, so that two can't leave it to each other. */
export async function lockOtherAdministrators(tx: Tx, but: string): Promise<number> {
  const text = `SELECT id FROM security_users
                WHERE tenant_id = $1 AND id <> $2 AND status = 'active' AND 'tenant:admin' = ANY (scopes) ORDER BY id FOR NO KEY UPDATE`
  return (await tx.query(text, [tx.tenantId, but])).rowCount ?? 0
}

/** A profile as it is stored. */
export interface Profiled {
  username_index: Buffer
  email_index: Buffer
  profile_sealed: Buffer
}

/** Whether somebody else goes by one of these names or addresses; `but` null: anybody. */
export async function isTaken(tx: Tx, names: readonly Buffer[], but: string | null): Promise<boolean> {
  const text = `SELECT 1 FROM security_users
                WHERE tenant_id = $1 AND (username_index = ANY ($2) OR email_index = ANY ($2)) AND ($3::uuid IS NULL OR id <> $3) LIMIT 1`
  return (await tx.query(text, [tx.tenantId, names, but])).rowCount !== 0
}

/** Throws NAME_TAKEN where `isTaken`. */
export async function requireFree(
  tx: Tx,
  names: readonly Buffer[],
  but: string | null,
  details: { reason?: string } = {},
): Promise<void> {
  if (await isTaken(tx, names, but)) throw new DomainError('NAME_TAKEN', details)
}

export async function updateProfile(
  tx: Tx,
  id: string,
  profile: Profiled & { scopes: Scope[]; keepsAddress: boolean; is_break_glass?: boolean },
  at: Date,
): Promise<void> {
  await tx.query(
    `UPDATE security_users SET username_index = $3, email_index = $4, profile_sealed = $5, scopes = $6, updated_at = $7,
       version = version + 1, email_verified_at = CASE WHEN $8 THEN email_verified_at END,
       is_break_glass = coalesce($9, is_break_glass)
     WHERE tenant_id = $1 AND id = $2`,
    [
      tx.tenantId,
      id,
      profile.username_index,
      profile.email_index,
      profile.profile_sealed,
      profile.scopes,
      at,
      profile.keepsAddress,
      profile.is_break_glass ?? null,
    ],
  )
}

export async function updateStatus(tx: Tx, id: string, status: UserStatus, at: Date): Promise<void> {
  const text = `UPDATE security_users SET status = $3, updated_at = $4, version = version + 1 WHERE tenant_id = $1 AND id = $2`
  await tx.query(text, [tx.tenantId, id, status, at])
}

/** Whether somebody without a password gets in: by a passkey, or through a provider. */
export async function hasOtherWayIn(tx: Tx, id: string): Promise<boolean> {
  const text = `SELECT EXISTS (SELECT 1 FROM passkeys WHERE tenant_id = $1 AND user_id = $2)
                  OR EXISTS (SELECT 1 FROM external_identities WHERE tenant_id = $1 AND user_id = $2)
                  OR EXISTS (SELECT 1 FROM scim_people p
                    JOIN service_accounts a ON a.tenant_id = p.tenant_id AND a.user_id = p.client_id
                    JOIN identity_connections c ON c.tenant_id = a.tenant_id AND c.id = a.connection_id
                    WHERE p.tenant_id = $1 AND p.user_id = $2 AND c.is_enabled) AS has`
  return (await tx.query<{ has: boolean }>(text, [tx.tenantId, id])).rows[0]?.has ?? false
}

/** The account as if nobody had failed to log in. */
export async function unlock(tx: Tx, id: string): Promise<void> {
  const text =
    'UPDATE security_users SET failed_login_attempts = 0, locked_until = NULL WHERE tenant_id = $1 AND id = $2'
  await tx.query(text, [tx.tenantId, id])
}

export async function noteLogin(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query('UPDATE security_users SET last_login_at = $3 WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id, at])
}

/** Sets a password. `verifies`: the address was shown to be the user's by the same act. */
export async function setPassword(
  tx: Tx,
  id: string,
  { hash, verifies, at }: { hash: string; verifies: boolean; at: Date },
): Promise<void> {
  await tx.query(
    `UPDATE security_users SET password_hash = $3, password_changed_at = $4, updated_at = $4, version = version + 1,
       email_verified_at = CASE WHEN $5 THEN coalesce(email_verified_at, $4) ELSE email_verified_at END
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, hash, at, verifies],
  )
}

/** The address was shown to be the user's. */
export async function verifyAddress(tx: Tx, id: string, at: Date): Promise<void> {
  const text = `UPDATE security_users SET email_verified_at = $3, updated_at = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2`
  await tx.query(text, [tx.tenantId, id, at])
}

/** Puts the same password, hashed anew, in the place of what it was hashed as. */
export async function replaceHash(tx: Tx, id: string, old: string, hash: string): Promise<void> {
  const text = 'UPDATE security_users SET password_hash = $4 WHERE tenant_id = $1 AND id = $2 AND password_hash = $3'
  await tx.query(text, [tx.tenantId, id, old, hash])
}
