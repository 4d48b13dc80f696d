import { createHash } from 'node:crypto'
import { canonicalize, decodeUtf8, encodeBundle, encodeUtf8, type Json, parseStrict } from '@probity/core'
import { openBody, packBody } from '../../src/domains/audit/bundle-body.ts'
import type { TestServer } from '../support/server.ts'

// What somebody with the database superuser's rights can do to a stored log, and how it is undone.

const TABLES = [
  'audit_logs',
  'audit_bundles',
  'audit_tiles',
  'audit_event_ids',
  'audit_sealed_parts',
  'audit_anchors',
  'subject_tombstones',
]

export interface StoredBundle {
  tenant_id: string
  first_seq: number
  entries: number
  body: Buffer
  hashes: Buffer
}

type JsonObject = { [member: string]: Json }

/** Keeps a copy of what is stored, all of one moment: a flush between two tables would make it a log that never was. */
export async function keepCopy(server: TestServer): Promise<void> {
  const copies = TABLES.map((table) => `CREATE TABLE kept.${table} AS TABLE ${table}`)
  await server.sql(['BEGIN ISOLATION LEVEL REPEATABLE READ', 'CREATE SCHEMA kept', ...copies, 'COMMIT'].join('; '))
}

/** Puts everything back as it was copied. */
export async function putBack(server: TestServer): Promise<void> {
  await server.sql(
    TABLES.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} TABLE kept.${table}`)
      .join(';')
      .replace(/^/, 'BEGIN;')
      .concat('; COMMIT'),
  )
}

/** Puts one tenant's log back as it was kept, at once: the sequencer looks again all the time. The others' go on. */
export async function putBackOne(server: TestServer, tenantId: string): Promise<void> {
  const statements = TABLES.map(
    (table) => `DELETE FROM kept.${table} WHERE tenant_id <> '${tenantId}';
      DELETE FROM ${table} WHERE tenant_id = '${tenantId}'; INSERT INTO ${table} TABLE kept.${table}`,
  )
  await server.sql(`BEGIN; ${statements.join(';')}; COMMIT`)
}

/** As after a restart: the sequencer reads what is stored. */
export async function forgetStates(server: TestServer): Promise<void> {
  await server.sql(`UPDATE audit_sequencers SET epoch = epoch + 1, expires_at = '-infinity'`)
}

/**
 * Takes the lease of the sequencer away for good, so that the stored log stands still: a flush would write a new head
 * over a forged one.
 */
export async function freeze(server: TestServer): Promise<void> {
  await server.sql(`UPDATE audit_sequencers SET holder = gen_random_uuid(), epoch = epoch + 1, expires_at = 'infinity'`)
}

export async function bundleAt(server: TestServer, tenantId: string, index: number): Promise<StoredBundle> {
  const [row] = await server.sql<StoredBundle>(
    `SELECT tenant_id, first_seq::int, entries, body, hashes FROM audit_bundles
     WHERE tenant_id = $1 AND first_seq <= $2 AND first_seq + entries > $2`,
    [tenantId, index],
  )
  if (!row) throw new Error(`no bundle holds entry ${index}`)
  return row
}

export function leavesOf(row: StoredBundle): Uint8Array[] {
  return openBody(row)
}

/** Writes a bundle's row over: its leaves, and their hashes unless the old ones are to stay. */
export async function rewriteBundle(
  server: TestServer,
  row: StoredBundle,
  leaves: readonly Uint8Array[],
  rehash: boolean,
): Promise<void> {
  await server.sql('UPDATE audit_bundles SET body = $3, hashes = $4 WHERE tenant_id = $1 AND first_seq = $2', [
    row.tenant_id,
    row.first_seq,
    await packBody([encodeBundle([...leaves])], leaves.length),
    rehash ? Buffer.concat(leaves.map(hashLeaf)) : row.hashes,
  ])
}

/** Changes members of one leaf. */
export async function changeLeaf(
  server: TestServer,
  tenantId: string,
  index: number,
  change: (leaf: JsonObject) => JsonObject,
  rehash = false,
): Promise<void> {
  const row = await bundleAt(server, tenantId, index)
  const leaves = leavesOf(row)
  const at = index - row.first_seq
  leaves[at] = encodeUtf8(canonicalize(change(parseStrict(decodeUtf8(leaves[at] as Uint8Array)) as JsonObject)))
  await rewriteBundle(server, row, leaves, rehash)
}

/** Makes tiles and the head's root what the stored leaves lead to: all that can be done without the key. */
export async function recompute(
  server: TestServer,
  tenantId: string,
): Promise<{ origin: string; size: number; root: Buffer }> {
  const rows = await server.sql<{ hashes: Buffer }>(
    'SELECT hashes FROM audit_bundles WHERE tenant_id = $1 ORDER BY first_seq',
    [tenantId],
  )
  const all = Buffer.concat(rows.map((row) => row.hashes))
  const hashes = Array.from({ length: all.length / 32 }, (_, i) => all.subarray(i * 32, i * 32 + 32))
  const full = Array.from({ length: Math.floor(hashes.length / 256) }, (_, i) =>
    rootOf(hashes.slice(i * 256, i * 256 + 256)),
  )
  await server.sql('UPDATE audit_tiles SET hashes = $2 WHERE tenant_id = $1 AND level = 1 AND tile = 0', [
    tenantId,
    Buffer.concat(full),
  ])
  const root = rootOf(hashes)
  const [head] = await server.sql<{ origin: string }>(
    'UPDATE audit_logs SET root = $2, size = $3 WHERE tenant_id = $1 RETURNING origin',
    [tenantId, root, hashes.length],
  )
  return { origin: head?.origin ?? '', size: hashes.length, root }
}

export function hashLeaf(bytes: Uint8Array): Buffer {
  return createHash('sha256')
    .update(Buffer.from([0]))
    .update(bytes)
    .digest()
}

/** RFC 9162 §2.1.1, word for word. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return createHash('sha256').digest()
  if (hashes.length === 1) return hashes[0] as Buffer
  const half = 2 ** Math.ceil(Math.log2(hashes.length) - 1)
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(rootOf(hashes.slice(0, half)))
    .update(rootOf(hashes.slice(half)))
    .digest()
}

export function flipBit(bytes: Buffer, at = Math.floor(bytes.length / 2)): Buffer {
  const flipped = Buffer.from(bytes)
  flipped[at] = (flipped[at] as number) ^ 1
  return flipped
}
