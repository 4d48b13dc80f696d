import { microsecondsToText } from '../../platform/clock.ts'
import { byteaArray } from '../../platform/database/bytea-array.ts'
import type { SequencerTx } from '../../platform/database/transaction.ts'
import type { IdLiterals, PartLiterals } from './intake/bulk-rows.ts'
import type { Summary } from './leaf-run.ts'

// What the sequencer reads and writes, for all tenants of its shard at once: one array a column, one statement a
// table, since PostgreSQL refuses COPY FROM into a table with row-level security.

export interface HeadRow {
  tenant_id: string
  origin: string
  size: number
  root: Buffer
  checkpoint: string
  checkpoint_at: Date
}
export interface BundleRow {
  tenant_id: string
  first_seq: number
  entries: number
  body: Buffer
  hashes: Buffer
}
/** A bundle with what it is found by. */
export type StoredBundle = BundleRow & Summary
export interface PartRow {
  tenant_id: string
  seq: number
  part: number
  subjects: string[]
  envelope: Buffer
}
export interface EventIdRow {
  tenant_id: string
  event_id: string
  seq: number
  content: Buffer
}
/** An id that is known, and whether somebody whose data the entry held is erased. */
export type KnownId = EventIdRow & { erased: boolean }

export interface InboxRow {
  tenant_id: string
  id: string
  event_id: string
  leaf: Buffer
  content: Buffer | null
  parts: { subjects: string[]; envelope: string }[]
}

/**
 * Takes a free or expired lease, or one that is the holder's own from before a failed flush, under a new fence; answers
 * the fence, or null while another holds it. By the database's clock.
 */
export async function takeLease(tx: SequencerTx, holder: string, milliseconds: number): Promise<number | null> {
  const { rows } = await tx.query<{ epoch: number }>(
    `INSERT INTO audit_sequencers (shard, holder, epoch, expires_at)
     VALUES (0, $1, 1, clock_timestamp() + $2 * interval '1 millisecond')
     ON CONFLICT (shard) DO UPDATE
       SET holder = excluded.holder, epoch = audit_sequencers.epoch + 1, expires_at = excluded.expires_at
       WHERE audit_sequencers.expires_at < clock_timestamp() OR audit_sequencers.holder = excluded.holder
     RETURNING epoch`,
    [holder, milliseconds],
  )
  return rows[0]?.epoch ?? null
}

/** Prolongs the lease and locks it until the transaction ends; false when it is no longer ours. */
export async function holdLease(
  tx: SequencerTx,
  holder: string,
  epoch: number,
  milliseconds: number,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE audit_sequencers SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
     WHERE shard = 0 AND holder = $1 AND epoch = $2`,
    [holder, epoch, milliseconds],
  )
  return rowCount === 1
}

export async function releaseLease(tx: SequencerTx, holder: string, epoch: number): Promise<void> {
  const text = `UPDATE audit_sequencers SET expires_at = '-infinity' WHERE shard = 0 AND holder = $1 AND epoch = $2`
  await tx.query(text, [holder, epoch])
}

export async function readHeads(tx: SequencerTx, tenantIds: string[]): Promise<HeadRow[]> {
  const text = `SELECT tenant_id, origin, size, root, checkpoint, checkpoint_at FROM audit_logs
                WHERE tenant_id = ANY ($1)`
  return (await tx.query<HeadRow>(text, [tenantIds])).rows
}

/** Last tile of each level of the logs. */
export async function readLastTiles(
  tx: SequencerTx,
  tenantIds: string[],
): Promise<{ tenant_id: string; level: number; tile: number; hashes: Buffer }[]> {
  const text = `SELECT DISTINCT ON (tenant_id, level) tenant_id, level, tile, hashes FROM audit_tiles
                WHERE tenant_id = ANY ($1) ORDER BY tenant_id, level, tile DESC`
  return (await tx.query<{ tenant_id: string; level: number; tile: number; hashes: Buffer }>(text, [tenantIds])).rows
}

/** Fragments after the last full bundle of the logs, in order. */
export async function readTails(tx: SequencerTx, tails: { tenantId: string; from: number }[]): Promise<BundleRow[]> {
  const text = `SELECT b.tenant_id, b.first_seq, b.entries, b.body, b.hashes FROM audit_bundles b
                JOIN unnest($1::uuid[], $2::bigint[]) AS u (tenant_id, first) ON b.tenant_id = u.tenant_id AND b.first_seq >= u.first
                ORDER BY b.tenant_id, b.first_seq`
  return (await tx.query<BundleRow>(text, [tails.map((t) => t.tenantId), tails.map((t) => t.from)])).rows
}

export async function readEventIds(tx: SequencerTx, ids: { tenantId: string; eventId: string }[]): Promise<KnownId[]> {
  const text = `SELECT e.tenant_id, e.event_id, e.seq, e.content,
                  EXISTS (SELECT 1 FROM audit_sealed_parts p
                          JOIN subject_tombstones t ON t.tenant_id = p.tenant_id AND t.subject = ANY (p.subjects)
                          WHERE p.tenant_id = e.tenant_id AND p.seq = e.seq) AS erased
                FROM audit_event_ids e
                JOIN unnest($1::uuid[], $2::uuid[]) AS u (tenant_id, event_id)
                  ON e.tenant_id = u.tenant_id AND e.event_id = u.event_id`
  return (await tx.query<KnownId>(text, [ids.map((i) => i.tenantId), ids.map((i) => i.eventId)])).rows
}

/** Stretches that may hold an entry which a tenant sent within one of these milliseconds, each once. */
export async function readBundlesAt(
  tx: SequencerTx,
  places: { tenantId: string; millisecond: number }[],
): Promise<BundleRow[]> {
  // Which they are is found before a body is touched.
  const text = `SELECT b.tenant_id, b.first_seq, b.entries, b.body, ''::bytea AS hashes FROM audit_bundles b
                WHERE (b.tenant_id, b.first_seq) IN (
                  SELECT k.tenant_id, k.first_seq
                  FROM (SELECT DISTINCT tenant_id, at FROM unnest($1::uuid[], $2::timestamptz[]) AS v (tenant_id, at)) u
                  JOIN audit_bundles k ON k.tenant_id = u.tenant_id AND k.received_to >= u.at
                    AND k.received_from < u.at + interval '1 millisecond'
                  UNION ALL
                  SELECT k.tenant_id, k.first_seq FROM audit_bundles k WHERE k.tenant_id = ANY ($1) AND k.received_from IS NULL)`
  const values = [places.map((p) => p.tenantId), places.map((p) => new Date(p.millisecond).toISOString())]
  return (await tx.query<BundleRow>(text, values)).rows
}

export async function readTombstones(
  tx: SequencerTx,
  subjects: { tenantId: string; subject: string }[],
): Promise<{ tenant_id: string; subject: string }[]> {
  const text = `SELECT s.tenant_id, s.subject FROM subject_tombstones s
                JOIN unnest($1::uuid[], $2::uuid[]) AS u (tenant_id, subject)
                  ON s.tenant_id = u.tenant_id AND s.subject = u.subject`
  return (
    await tx.query<{ tenant_id: string; subject: string }>(text, [
      subjects.map((s) => s.tenantId),
      subjects.map((s) => s.subject),
    ])
  ).rows
}

/**
 * The oldest durable events that wait, but of some tenants; at most `each` of one tenant so that a flood keeps nobody
 * waiting.
 */
export async function readInbox(
  tx: SequencerTx,
  limit: number,
  each: number,
  except: readonly string[],
): Promise<InboxRow[]> {
  const text = `SELECT tenant_id, id, event_id, leaf, content, parts FROM (
                  SELECT i.*, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place
                  FROM (SELECT tenant_id, id, event_id, leaf, content, parts FROM audit_inbox WHERE tenant_id <> ALL ($3) LIMIT 20000) i
                ) waiting WHERE place <= $2 ORDER BY place, id LIMIT $1`
  return (await tx.query<InboxRow>(text, [limit, each, except])).rows
}

export async function deleteInbox(tx: SequencerTx, rows: { tenant_id: string; id: string }[]): Promise<void> {
  const text = `DELETE FROM audit_inbox i USING unnest($1::uuid[], $2::uuid[]) AS u (tenant_id, id)
                WHERE i.tenant_id = u.tenant_id AND i.id = u.id`
  await tx.query(text, [rows.map((r) => r.tenant_id), rows.map((r) => r.id)])
}

/** Puts rows of the inbox aside that no entry can be made of. */
export async function quarantine(
  tx: SequencerTx,
  rows: { tenant_id: string; id: string; reason: string }[],
): Promise<void> {
  const text = `WITH gone AS (
      DELETE FROM audit_inbox i USING unnest($1::uuid[], $2::uuid[], $3::text[]) AS u (tenant_id, id, reason)
      WHERE i.tenant_id = u.tenant_id AND i.id = u.id
      RETURNING i.tenant_id, i.id, i.event_id, i.leaf, i.parts, u.reason)
    INSERT INTO audit_quarantine (tenant_id, id, event_id, leaf, parts, reason)
    SELECT tenant_id, id, event_id, leaf, parts, reason FROM gone`
  await tx.query(text, [rows.map((r) => r.tenant_id), rows.map((r) => r.id), rows.map((r) => r.reason)])
}

/** Moves heads from the size that was read; false when another moved one meanwhile. */
export async function moveHeads(tx: SequencerTx, rows: (HeadRow & { from: number })[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO audit_logs (tenant_id, origin, size, root, checkpoint, checkpoint_at)
     SELECT u.tenant_id, u.origin, u.size, u.root, u.checkpoint, $7
     FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[])
       AS u (tenant_id, origin, size, root, checkpoint, was)
     ON CONFLICT (tenant_id) DO UPDATE
       SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint, checkpoint_at = excluded.checkpoint_at
       WHERE audit_logs.size = (SELECT w.was FROM unnest($1::uuid[], $6::bigint[]) AS w (tenant_id, was)
                                WHERE w.tenant_id = audit_logs.tenant_id)`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.origin),
      rows.map((r) => r.size),
      byteaArray(rows.map((r) => r.root)),
      rows.map((r) => r.checkpoint),
      rows.map((r) => r.from),
      rows[0]?.checkpoint_at,
    ],
  )
  return rowCount === rows.length
}

export async function insertBundles(tx: SequencerTx, rows: StoredBundle[]): Promise<void> {
  await tx.query(
    `INSERT INTO audit_bundles (tenant_id, first_seq, entries, body, hashes, received_from, received_to, max_risk, terms)
     SELECT u.tenant_id, u.first_seq, u.entries, u.body, u.hashes, u.received_from, u.received_to, u.max_risk, u.terms
     FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::bytea[], $5::bytea[], $6::timestamptz[], $7::timestamptz[], $8::smallint[],
                 $9::bytea[])
       AS u (tenant_id, first_seq, entries, body, hashes, received_from, received_to, max_risk, terms)`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.first_seq),
      rows.map((r) => r.entries),
      byteaArray(rows.map((r) => r.body)),
      byteaArray(rows.map((r) => r.hashes)),
      rows.map((r) => microsecondsToText(r.received_from)),
      rows.map((r) => microsecondsToText(r.received_to)),
      rows.map((r) => r.max_risk),
      byteaArray(rows.map((r) => r.terms)),
    ],
  )
}

/** Drops the fragments that full bundles replace. */
export async function deleteFragments(
  tx: SequencerTx,
  ranges: { tenantId: string; start: number; end: number }[],
): Promise<void> {
  const text = `DELETE FROM audit_bundles b USING unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS u (tenant_id, first, past)
                WHERE b.tenant_id = u.tenant_id AND b.first_seq >= u.first AND b.first_seq < u.past`
  await tx.query(text, [ranges.map((r) => r.tenantId), ranges.map((r) => r.start), ranges.map((r) => r.end)])
}

export async function upsertTiles(
  tx: SequencerTx,
  rows: { tenant_id: string; level: number; tile: number; hashes: Buffer }[],
): Promise<void> {
  await tx.query(
    `INSERT INTO audit_tiles (tenant_id, level, tile, hashes)
     SELECT u.tenant_id, u.level, u.tile, u.hashes
     FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bytea[]) AS u (tenant_id, level, tile, hashes)
     ON CONFLICT (tenant_id, level, tile) DO UPDATE SET hashes = excluded.hashes`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.level),
      rows.map((r) => r.tile),
      byteaArray(rows.map((r) => r.hashes)),
    ],
  )
}

/** Sealed parts of a batch whose first entry is `first`; columns are array literals, `envelopes` a bytea[] in binary. */
export async function insertBulkParts(
  tx: SequencerTx,
  tenantId: string,
  first: number,
  rows: PartLiterals,
  envelopes: Uint8Array,
): Promise<void> {
  await tx.query(
    `INSERT INTO audit_sealed_parts (tenant_id, seq, part, subjects, envelope)
     SELECT $1::uuid, $2::bigint + u.place, u.part, u.subjects::uuid[], u.envelope
     FROM unnest($3::int[], $4::smallint[], $5::text[], $6::bytea[]) AS u (place, part, subjects, envelope)`,
    [tenantId, first, rows.offset, rows.part, rows.subjects, envelopes],
  )
}

/** The same of ids; `contents` are a bytea[] in binary. */
export async function insertBulkIds(
  tx: SequencerTx,
  tenantId: string,
  first: number,
  rows: IdLiterals,
  contents: Uint8Array,
): Promise<void> {
  await tx.query(
    `INSERT INTO audit_event_ids (tenant_id, event_id, seq, content)
     SELECT $1::uuid, u.event_id, $2::bigint + u.place, u.content
     FROM unnest($3::int[], $4::uuid[], $5::bytea[]) AS u (place, event_id, content)`,
    [tenantId, first, rows.offset, rows.event_id, contents],
  )
}

/** Whether the log has an entry under any of these ids; `ids` is an array literal. */
export async function anyIdKnown(tx: SequencerTx, tenantId: string, ids: string): Promise<boolean> {
  const text = 'SELECT 1 FROM audit_event_ids WHERE tenant_id = $1 AND event_id = ANY ($2::uuid[]) LIMIT 1'
  return (await tx.query(text, [tenantId, ids])).rows.length > 0
}

/** Whether any of these people is erased; `subjects` is an array literal. */
export async function anyErased(tx: SequencerTx, tenantId: string, subjects: string): Promise<boolean> {
  const text = 'SELECT 1 FROM subject_tombstones WHERE tenant_id = $1 AND subject = ANY ($2::uuid[]) LIMIT 1'
  return (await tx.query(text, [tenantId, subjects])).rows.length > 0
}

export async function insertEventIds(tx: SequencerTx, rows: EventIdRow[]): Promise<void> {
  await tx.query(
    `INSERT INTO audit_event_ids (tenant_id, event_id, seq, content)
     SELECT u.tenant_id, u.event_id, u.seq, u.content
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[]) AS u (tenant_id, event_id, seq, content)`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.event_id),
      rows.map((r) => r.seq),
      byteaArray(rows.map((r) => r.content)),
    ],
  )
}

/** Subject lists differ in length, so they travel as text that PostgreSQL reads as arrays. */
export async function insertParts(tx: SequencerTx, rows: PartRow[]): Promise<void> {
  await tx.query(
    `INSERT INTO audit_sealed_parts (tenant_id, seq, part, subjects, envelope)
     SELECT u.tenant_id, u.seq, u.part, u.subjects::uuid[], u.envelope
     FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::text[], $5::bytea[]) AS u (tenant_id, seq, part, subjects, envelope)`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.seq),
      rows.map((r) => r.part),
      rows.map((r) => `{${r.subjects.join(',')}}`),
      byteaArray(rows.map((r) => r.envelope)),
    ],
  )
}
