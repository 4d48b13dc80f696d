import type { InvalidEntry, VerifyRange } from '@probity/contract'
import { canonicalize } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import { microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Keys, SeenHead } from '../keys/index.ts'
import type { Anchored, Trusted } from './anchored.ts'
import * as store from './store.ts'
import { readAnchor } from './store-anchor.ts'
import { verifyStored } from './verify.ts'
import { recordOwn, type WriteDependencies } from './write-inbox.ts'

interface Asked {
  tenantId: string
  /** Null: the schedule. */
  by: Principal | null
  range: VerifyRange
}

interface Seen {
  start: number
  end: number
  head: store.Head | null
  /** What the witness had seen of the log before. */
  past: SeenHead | null
  invalid: InvalidEntry[]
}

/** Verifies a stretch of a stored log, signs what was found and records it. */
export async function verifyAndRecord(
  dependencies: WriteDependencies,
  anchored: Anchored,
  log: Trusted & { origin: string },
  asked: Asked,
) {
  const seen = await look(dependencies, anchored, log, asked)
  const at = dependencies.clock.now()
  const result = {
    id: newId(at),
    valid: seen.invalid.length === 0,
    start_position: seen.start,
    end_position: seen.end,
    verification_timestamp: microsecondsToDate(at).toISOString(),
    invalid_entries: seen.invalid,
  }
  const text = `probity-verification/1\n${canonicalize(result)}\n`
  const signature = await dependencies.keys.tenants.signNote(asked.tenantId, text)
  // The witness keeps what held: neither a row that somebody takes away nor one that they put in moves that back.
  if (result.valid && seen.head) await dependencies.keys.witness.confirm(seen.past, seen.head)
  await keep(dependencies, asked, seen, { id: result.id, at, signature })
  return { ...result, chain_length: seen.end - seen.start, verification_signature: signature }
}

// One snapshot of the log; the witness is asked before, so that the log can only be ahead of it.
async function look(
  { database, keys }: WriteDependencies,
  anchored: Anchored,
  log: Trusted & { origin: string },
  { tenantId, range }: Asked,
): Promise<Seen> {
  const past = (await keys.witness.seen([log.origin])).get(log.origin) ?? null
  const { anchor, ...seen } = await tenantTransaction(
    database.app,
    tenantId,
    async (tx) => {
      const head = await store.readHead(tx)
      const size = head?.size ?? 0
      const [start, end] = [range.start_position, range.end_position ?? size]
      if (start > end || end > size) throw new DomainError('NUMBER_OUT_OF_RANGE', { size })
      const anchor = await readAnchor(tx)
      const invalid = await verifyStored(tx, { keys, trusted: log.keys, start, end, past, anchor })
      return { head, past, start, end, invalid, anchor }
    },
    { isolation: 'repeatable read', readOnly: true },
  )
  seen.invalid = await withoutErasedMeanwhile(database, keys, tenantId, seen.invalid)
  if (anchor && !(await anchored.holds(anchor, log)))
    seen.invalid.push({ index: 0, code: 'ANCHOR_CHANGED', message: 'the stored anchor of the log does not hold' })
  return seen
}

// Keys are not in the snapshot: a part whose person was erased since it was taken has lost its key in order.
async function withoutErasedMeanwhile(
  database: Database,
  keys: Keys,
  tenantId: string,
  invalid: InvalidEntry[],
): Promise<InvalidEntry[]> {
  const unreadable = invalid.filter(({ code }) => code === 'SEALED_PART_UNREADABLE')
  if (unreadable.length === 0) return invalid
  const erased = await tenantTransaction(database.app, tenantId, async (tx) => {
    const parts = await store.readParts(
      tx,
      unreadable.map(({ index }) => index),
    )
    const tombstones = await keys.erased(
      tx,
      parts.flatMap(({ subjects }) => subjects),
    )
    const proven = new Set(await keys.tombstones.proven(tenantId, tombstones))
    return new Set(parts.filter(({ subjects }) => subjects.some((one) => proven.has(one))).map(({ seq }) => seq))
  })
  return invalid.filter(({ code, index }) => code !== 'SEALED_PART_UNREADABLE' || !erased.has(index))
}

async function keep(
  dependencies: WriteDependencies,
  { tenantId, by }: Asked,
  { start, end, head, invalid }: Seen,
  { id, at, signature }: { id: string; at: number; signature: string },
): Promise<void> {
  const valid = invalid.length === 0
  await tenantTransaction(dependencies.database.app, tenantId, async (tx) => {
    await store.insertVerification(tx, {
      id,
      verification_timestamp: microsecondsToDate(at),
      start_sequence: start,
      end_sequence: end,
      integrity_valid: valid,
      verification_signature: signature,
      verifier_id: by?.kind === 'session' ? by.userId : null,
      invalid_entries: invalid,
      checkpoint: head?.checkpoint ?? null,
    })
    await recordOwn(dependencies, tx, {
      event_type: valid ? 'audit.verified' : 'audit.verification_failed',
      actor: by ? { type: 'person', id: by.userId } : { type: 'system', id: 'probity' },
      resource: `audit/${start}-${end}`,
      action: 'verify',
      outcome: valid ? 'Success' : 'Failure',
      ...(valid ? {} : { risk_score: 100 }),
      data: { verification_id: id, findings: invalid.slice(0, 10) },
    })
  })
}
