import type { Tx } from '../../platform/database/transaction.ts'
import type { Summary } from './leaf-run.ts'
import { BUNDLE } from './rules.ts'
import type { BundleRow, InboxRow, PartRow } from './store-sequencer.ts'
import { mayHold, type Term, termOf } from './terms.ts'

// What the application reads of its own tenant, and the two things it writes: the inbox and verifications.

export interface Head {
  origin: string
  size: number
  root: Buffer
  checkpoint: string
}

/** Head of the tenant's log; null before the first entry. */
export async function readHead(tx: Tx): Promise<Head | null> {
  const text = 'SELECT origin, size, root, checkpoint FROM audit_logs WHERE tenant_id = $1'
  return (await tx.query<Head>(text, [tx.tenantId])).rows[0] ?? null
}

/** Stored stretches that hold any entry of [start, end), in order. */
export async function readBundles(tx: Tx, start: number, end: number): Promise<BundleRow[]> {
  const text = `SELECT tenant_id, first_seq, entries, body, hashes FROM audit_bundles
                WHERE tenant_id = $1 AND first_seq > $2 - 256 AND first_seq < $3 AND first_seq + entries > $2 ORDER BY first_seq`
  return (await tx.query<BundleRow>(text, [tx.tenantId, start, end])).rows
}

/**
 * Where to end what is read at once from `start` on: the index before which bundles and sealed parts have no more than
 * so many bytes, but after the first one; at most `end`.
 */
export async function endWithin(tx: Tx, start: number, end: number, bytes: number): Promise<number> {
  const text = `SELECT min(seq) AS seq FROM (
                  SELECT seq, sum(bytes) OVER (ORDER BY seq) AS until FROM (
                    SELECT first_seq AS seq, octet_length(body) AS bytes FROM audit_bundles
                    WHERE tenant_id = $1 AND first_seq > $2 - 256 AND first_seq < $3 AND first_seq + entries > $2
                    UNION ALL
                    SELECT seq, octet_length(envelope) FROM audit_sealed_parts WHERE tenant_id = $1 AND seq >= $2 AND seq < $3
                  ) each) run
                WHERE until > $4 AND seq > $2`
  return (await tx.query<{ seq: number | null }>(text, [tx.tenantId, start, end, bytes])).rows[0]?.seq ?? end
}

/** Stored stretches that hold any of these entries. */
export async function readBundlesOf(tx: Tx, seqs: readonly number[]): Promise<BundleRow[]> {
  // Which they are is found before a body is touched.
  const text = `SELECT tenant_id, first_seq, entries, body, hashes FROM audit_bundles
                WHERE tenant_id = $1 AND first_seq IN (
                  SELECT k.first_seq FROM unnest($2::bigint[]) AS u (seq)
                  JOIN audit_bundles k ON k.tenant_id = $1 AND k.first_seq > u.seq - 256 AND k.first_seq <= u.seq AND k.first_seq + k.entries > u.seq)`
  return (await tx.query<BundleRow>(text, [tx.tenantId, seqs])).rows
}

/** The stretch that holds an entry, and its bytes, for each entry that is stored, ascending. */
export async function sizesOfBundles(
  tx: Tx,
  seqs: readonly number[],
): Promise<{ seq: number; first_seq: number; bytes: number }[]> {
  const text = `SELECT u.seq, b.first_seq, octet_length(b.body) AS bytes
                FROM unnest($2::bigint[]) AS u (seq)
                JOIN audit_bundles b ON b.tenant_id = $1 AND b.first_seq > u.seq - 256 AND b.first_seq <= u.seq AND b.first_seq + b.entries > u.seq
                ORDER BY u.seq`
  return (await tx.query<{ seq: number; first_seq: number; bytes: number }>(text, [tx.tenantId, seqs])).rows
}

export async function readTile(tx: Tx, level: number, tile: number): Promise<Buffer | null> {
  const text = 'SELECT hashes FROM audit_tiles WHERE tenant_id = $1 AND level = $2 AND tile = $3'
  return (await tx.query<{ hashes: Buffer }>(text, [tx.tenantId, level, tile])).rows[0]?.hashes ?? null
}

export async function readTiles(
  tx: Tx,
  wanted: { level: number; tile: number }[],
): Promise<{ level: number; tile: number; hashes: Buffer }[]> {
  const text = `SELECT t.level, t.tile, t.hashes FROM unnest($2::smallint[], $3::bigint[]) AS u (level, tile)
                JOIN audit_tiles t ON t.tenant_id = $1 AND t.level = u.level AND t.tile = u.tile`
  return (
    await tx.query<{ level: number; tile: number; hashes: Buffer }>(text, [
      tx.tenantId,
      wanted.map((w) => w.level),
      wanted.map((w) => w.tile),
    ])
  ).rows
}

/** Tiles of any level; those of level 0 are the leaf hashes that stand beside the bundles. */
export async function readTilesAndHashes(
  tx: Tx,
  wanted: { level: number; tile: number }[],
): Promise<{ level: number; tile: number; hashes: Buffer }[]> {
  const upper = wanted.filter(({ level }) => level > 0)
  const [tiles, ...leaves] = await Promise.all([
    upper.length > 0 ? readTiles(tx, upper) : [],
    ...wanted
      .filter(({ level }) => level === 0)
      .map(async ({ tile }) => ({ level: 0, tile, hashes: await readHashes(tx, tile * BUNDLE) })),
  ])
  return [...tiles, ...leaves]
}

/** Leaf hashes of the bundle that begins at an index, as many as there are. */
async function readHashes(tx: Tx, first: number): Promise<Buffer> {
  const text = `SELECT hashes FROM audit_bundles WHERE tenant_id = $1 AND first_seq >= $2 AND first_seq < $2 + 256 ORDER BY first_seq`
  const { rows } = await tx.query<{ hashes: Buffer }>(text, [tx.tenantId, first])
  return Buffer.concat(rows.map((row) => row.hashes))
}

/** What a bundle must have for a search to open it. */
export interface BundleFilter {
  start_time?: string | undefined
  end_time?: string | undefined
  min_risk_score?: number | undefined
  /** One of each group must be there. */
  terms: readonly (readonly Term[])[]
}

/** Stretches that were found, of which `rows` holds the first ones; no more were found: there are no others. */
export interface FoundBundles {
  rows: BundleRow[]
  isLast: boolean
}

/** Stretches below an index that may hold what is looked for, newest first; one, and more up to so many bytes. */
export async function searchBundles(
  tx: Tx,
  filter: BundleFilter,
  below: number,
  { limit, bytes }: { limit: number; bytes: number },
): Promise<FoundBundles> {
  const values: unknown[] = [tx.tenantId, below]
  const conditions = ['tenant_id = $1', 'first_seq >= 0', 'first_seq < $2']
  const placeholder = (value: unknown) => `$${values.push(value)}`
  const add = (column: string, comparison: string, value: unknown) => {
    if (value !== undefined) conditions.push(`(${column} ${comparison} ${placeholder(value)} OR ${column} IS NULL)`)
  }
  add('received_to', '>=', filter.start_time)
  add('received_from', '<', filter.end_time)
  if (filter.min_risk_score !== undefined)
    conditions.push(`(max_risk >= ${placeholder(filter.min_risk_score)} OR terms IS NULL)`)
  for (const group of filter.terms) conditions.push(mayHoldOne('terms', group, values))
  const text = `WITH found AS MATERIALIZED (
                  SELECT first_seq, octet_length(body) AS bytes FROM audit_bundles
                  WHERE ${conditions.join(' AND ')} ORDER BY first_seq DESC LIMIT ${limit}),
                within AS (
                  SELECT first_seq, count(*) OVER () AS found, sum(bytes) OVER (ORDER BY first_seq DESC) - bytes AS before FROM found)
                SELECT w.found, b.tenant_id, b.first_seq, b.entries, b.body, b.hashes FROM within w
                JOIN audit_bundles b ON b.tenant_id = $1 AND b.first_seq = w.first_seq
                WHERE w.before < ${placeholder(bytes)} ORDER BY b.first_seq DESC`
  const { rows } = await tx.composed<BundleRow & { found: number }>(text, values)
  return { rows, isLast: rows.length === (rows[0]?.found ?? 0) && rows.length < limit }
}

// Whether a filter may hold one of some terms, as SQL; what the terms are is added to the values.
function mayHoldOne(filter: string, terms: readonly Term[], values: unknown[]): string {
  const some = terms.map(({ first, step }) => mayHold(filter, `$${values.push(first)}`, `$${values.push(step)}`))
  return `(${some.join(' OR ')})`
}

// Somebody may have put there what is no time of an entry: -1 then, which is none either.
function microsecondsOf(column: string): string {
  return `CASE WHEN ${column} IS NULL THEN NULL WHEN ${column} BETWEEN '1970-01-01Z' AND '2250-01-01Z'
            THEN (extract(epoch FROM ${column}) * 1000000)::bigint ELSE -1 END`
}

/** A stretch with what it is found by; null in all: it is of before stretches had that, and every search opens it. */
export type SummarisedRow = BundleRow & { [K in keyof Summary]: Summary[K] | null }

/** Stored stretches that hold any entry of [start, end), in order, with what they are found by. */
export async function readSummarised(tx: Tx, start: number, end: number): Promise<SummarisedRow[]> {
  const text = `SELECT tenant_id, first_seq, entries, body, hashes, max_risk, terms,
                  ${microsecondsOf('received_from')} AS received_from, ${microsecondsOf('received_to')} AS received_to
                FROM audit_bundles
                WHERE tenant_id = $1 AND first_seq > $2 - 256 AND first_seq < $3 AND first_seq + entries > $2 ORDER BY first_seq`
  return (await tx.query<SummarisedRow>(text, [tx.tenantId, start, end])).rows
}

/** So many of the last stretches that begin before a millisecond ends: nearly always one holds what it received. */
const NEAR = 16

/** Stretches near a millisecond that may hold an entry received within it: an id of our making carries its time. */
export async function readBundlesNear(tx: Tx, milliseconds: number): Promise<BundleRow[]> {
  // Which they are is found in the index alone, before a body is touched.
  const text = `WITH near AS MATERIALIZED (
                  SELECT first_seq, received_to FROM audit_bundles
                  WHERE tenant_id = $1 AND received_from < $2::timestamptz + interval '1 millisecond' ORDER BY received_from DESC LIMIT ${NEAR})
                SELECT b.tenant_id, b.first_seq, b.entries, b.body, b.hashes FROM near n
                JOIN audit_bundles b ON b.tenant_id = $1 AND b.first_seq = n.first_seq
                WHERE n.received_to >= $2 AND b.first_seq >= 0`
  return (await tx.query<BundleRow>(text, [tx.tenantId, new Date(milliseconds)])).rows
}

/** All of them, however far they are out of order, and those of before stretches had times. */
export async function readBundlesReceived(tx: Tx, milliseconds: number): Promise<BundleRow[]> {
  const text = `SELECT tenant_id, first_seq, entries, body, hashes FROM audit_bundles
                WHERE tenant_id = $1 AND first_seq >= 0 AND received_from < $2::timestamptz + interval '1 millisecond' AND received_to >= $2
                UNION ALL
                SELECT tenant_id, first_seq, entries, body, hashes FROM audit_bundles
                WHERE tenant_id = $1 AND first_seq >= 0 AND received_from IS NULL`
  return (await tx.query<BundleRow>(text, [tx.tenantId, new Date(milliseconds)])).rows
}

/** Least index of a stretch that no log has: below 0, or from its size on; null: there is none. */
export async function firstStrayBundle(tx: Tx, size: number): Promise<number | null> {
  const text =
    'SELECT min(first_seq) AS seq FROM audit_bundles WHERE tenant_id = $1 AND (first_seq < 0 OR first_seq >= $2)'
  return (await tx.query<{ seq: number | null }>(text, [tx.tenantId, size])).rows[0]?.seq ?? null
}

/** Index of the entry with an id that a caller gave. */
export async function findGivenId(tx: Tx, eventId: string): Promise<number | null> {
  const text = 'SELECT seq FROM audit_event_ids WHERE tenant_id = $1 AND event_id = $2'
  return (await tx.query<{ seq: number }>(text, [tx.tenantId, eventId])).rows[0]?.seq ?? null
}

/** Rows of ids that callers gave. */
export async function readIds(tx: Tx, eventIds: string[]): Promise<{ event_id: string; seq: number }[]> {
  const text = 'SELECT event_id, seq FROM audit_event_ids WHERE tenant_id = $1 AND event_id = ANY ($2)'
  return (await tx.query<{ event_id: string; seq: number }>(text, [tx.tenantId, eventIds])).rows
}

/** The same, all of them, by index. */
export async function readIdsAfter(
  tx: Tx,
  after: { seq: number; event_id: string } | null,
  limit: number,
): Promise<{ event_id: string; seq: number }[]> {
  const text = `SELECT event_id, seq FROM audit_event_ids
                WHERE tenant_id = $1 AND ($2::bigint IS NULL OR (seq, event_id) > ($2, $3::uuid)) ORDER BY seq, event_id LIMIT $4`
  const values = [tx.tenantId, after?.seq ?? null, after?.event_id ?? null, limit]
  return (await tx.query<{ event_id: string; seq: number }>(text, values)).rows
}

export async function countIds(tx: Tx): Promise<number> {
  const text = 'SELECT count(*) AS count FROM audit_event_ids WHERE tenant_id = $1'
  return (await tx.query<{ count: number }>(text, [tx.tenantId])).rows[0]?.count ?? 0
}

export async function readContent(
  tx: Tx,
  eventId: string,
): Promise<{ seq: number; content: Buffer; erased: boolean } | null> {
  const text = `SELECT e.seq, e.content,
                  EXISTS (SELECT 1 FROM audit_sealed_parts p
                          JOIN subject_tombstones t ON t.tenant_id = p.tenant_id AND t.subject = ANY (p.subjects)
                          WHERE p.tenant_id = e.tenant_id AND p.seq = e.seq) AS erased
                FROM audit_event_ids e WHERE e.tenant_id = $1 AND e.event_id = $2`
  return (
    (await tx.query<{ seq: number; content: Buffer; erased: boolean }>(text, [tx.tenantId, eventId])).rows[0] ?? null
  )
}

const PARTS = `SELECT p.tenant_id, p.seq, p.part, p.subjects, p.envelope,
                 EXISTS (SELECT 1 FROM subject_tombstones t WHERE t.tenant_id = p.tenant_id AND t.subject = ANY (p.subjects)) AS erased
               FROM audit_sealed_parts p`

/** Sealed parts of entries, and which of their people are erased: one snapshot, so that no cached key outlives them. */
export async function readParts(tx: Tx, seqs: number[]): Promise<(PartRow & { erased: boolean })[]> {
  const text = `${PARTS} WHERE p.tenant_id = $1 AND p.seq = ANY ($2) ORDER BY p.seq, p.part`
  return (await tx.query<PartRow & { erased: boolean }>(text, [tx.tenantId, seqs])).rows
}

/** The same of all that are stored for entries of [start, end). */
export async function readPartsFrom(tx: Tx, start: number, end: number): Promise<(PartRow & { erased: boolean })[]> {
  const text = `${PARTS} WHERE p.tenant_id = $1 AND p.seq >= $2 AND p.seq < $3 ORDER BY p.seq, p.part`
  return (await tx.query<PartRow & { erased: boolean }>(text, [tx.tenantId, start, end])).rows
}

/** Physical deletion: empties the parts of erased people. Leaves and commitments stay, so every proof holds. */
export async function emptyPartsOf(tx: Tx, subjects: string[]): Promise<void> {
  await tx.query(`UPDATE audit_sealed_parts SET envelope = '' WHERE tenant_id = $1 AND subjects && $2::uuid[]`, [
    tx.tenantId,
    subjects,
  ])
}

/** Which parts of entries can no longer be opened. */
export async function readErasedParts(tx: Tx, seqs: number[]): Promise<{ seq: number; part: number }[]> {
  const text = `SELECT p.seq, p.part FROM audit_sealed_parts p
                WHERE p.tenant_id = $1 AND p.seq = ANY ($2)
                  AND EXISTS (SELECT 1 FROM subject_tombstones t WHERE t.tenant_id = p.tenant_id AND t.subject = ANY (p.subjects))`
  return (await tx.query<{ seq: number; part: number }>(text, [tx.tenantId, seqs])).rows
}

/** Least index at or beyond the log's size that has a sealed part; null: none has. */
export async function firstPartBeyond(tx: Tx, size: number): Promise<number | null> {
  const text = 'SELECT min(seq) AS seq FROM audit_sealed_parts WHERE tenant_id = $1 AND (seq >= $2 OR seq < 0)'
  return (await tx.query<{ seq: number | null }>(text, [tx.tenantId, size])).rows[0]?.seq ?? null
}

/** How many parts hold something of these people, in stretches that say so or that say nothing. */
export async function countPartsOf(tx: Tx, subjects: string[]): Promise<number> {
  const values: unknown[] = [tx.tenantId, subjects]
  const text = `SELECT count(*) AS count FROM audit_bundles b
                JOIN audit_sealed_parts p ON p.tenant_id = $1 AND p.seq >= b.first_seq AND p.seq < b.first_seq + b.entries
                WHERE b.tenant_id = $1 AND ${mayHoldOne(
                  'b.terms',
                  subjects.map((subject) => termOf('who', subject)),
                  values,
                )} AND p.subjects && $2::uuid[]`
  const { rows } = await tx.composed<{ count: number }>(text, values)
  return rows[0]?.count ?? 0
}

/** Durable but not yet sequenced: see audit_inbox. The notice wakes the sequencer after the commit. */
export async function insertInbox(tx: Tx, rows: InboxRow[]): Promise<void> {
  await tx.query(
    `INSERT INTO audit_inbox (tenant_id, id, event_id, leaf, content, parts)
     SELECT u.tenant_id, u.id, u.event_id, u.leaf, u.content, u.parts
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::jsonb[]) AS u (tenant_id, id, event_id, leaf, content, parts)`,
    [
      rows.map((r) => r.tenant_id),
      rows.map((r) => r.id),
      rows.map((r) => r.event_id),
      rows.map((r) => r.leaf),
      rows.map((r) => r.content),
      rows.map((r) => JSON.stringify(r.parts)),
    ],
  )
  await tx.query(`SELECT pg_notify('audit_inbox', '')`, [])
}

export async function isInInbox(tx: Tx, ids: string[]): Promise<boolean> {
  const text = 'SELECT 1 FROM audit_inbox WHERE tenant_id = $1 AND id = ANY ($2) LIMIT 1'
  return (await tx.query(text, [tx.tenantId, ids])).rowCount === 1
}

/** Whether an event waits in the inbox. */
export async function isInInboxById(tx: Tx, eventId: string): Promise<boolean> {
  const text = 'SELECT 1 FROM audit_inbox WHERE tenant_id = $1 AND event_id = $2 LIMIT 1'
  return (await tx.query(text, [tx.tenantId, eventId])).rowCount === 1
}

export interface VerificationRow {
  id: string
  verification_timestamp: Date
  start_sequence: number
  end_sequence: number
  integrity_valid: boolean
  verification_signature: string
  verifier_id: string | null
  invalid_entries: unknown[]
  checkpoint: string | null
}

export async function insertVerification(tx: Tx, row: VerificationRow): Promise<void> {
  await tx.query(
    `INSERT INTO audit_verifications (tenant_id, id, verification_timestamp, start_sequence, end_sequence, integrity_valid,
       verification_signature, verifier_id, invalid_entries, checkpoint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      tx.tenantId,
      row.id,
      row.verification_timestamp,
      row.start_sequence,
      row.end_sequence,
      row.integrity_valid,
      row.verification_signature,
      row.verifier_id,
      JSON.stringify(row.invalid_entries),
      row.checkpoint,
    ],
  )
}

export type ListedVerification = Omit<VerificationRow, 'checkpoint'>

/** Verifications, the newest first, older than one. */
export async function listVerifications(tx: Tx, before: string | null, limit: number): Promise<ListedVerification[]> {
  const text = `SELECT id, verification_timestamp, start_sequence, end_sequence, integrity_valid, verification_signature,
                  verifier_id, invalid_entries
                FROM audit_verifications WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`
  return (await tx.query<ListedVerification>(text, [tx.tenantId, before, limit])).rows
}
