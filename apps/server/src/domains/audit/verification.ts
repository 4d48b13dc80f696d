import type { InvalidEntry, VerifyRange } from '@probity/contract'
import { canonicalize } from '@probity/core'
import { actorOf, type Principal } from '../../platform/authority.ts'
import { microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Keys, SeenHead } from '../keys/index.ts'
import type { Anchored, Trusted } from './anchored.ts'
import type { CheckThreads } from './checking/threads.ts'
import * as store from './store.ts'
import { readAnchor } from './store-anchor.ts'
import { invalidEntries, type Shown, verifyStored } from './verify.ts'
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

interface Verifying extends WriteDependencies {
  anchored: Anchored
  checking: CheckThreads
}

/** Verifies a stretch of a stored log, signs what was found and records it. */
export async function verifyAndRecord(dependencies: Verifying, log: Trusted & { origin: string }, asked: Asked) {
  const seen = await look(dependencies, log, asked)
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
  { database, keys, anchored, checking }: Verifying,
  log: Trusted & { origin: string },
  { tenantId, range }: Asked,
): Promise<Seen> {
  const past = (await keys.witness.seen([log.origin])).get(log.origin) ?? null
  const { anchor, shown, ...bounds } = await tenantTransaction(
    database.app,
    tenantId,
    async (tx) => {
      const head = await store.readHead(tx)
      const size = head?.size ?? 0
      const [start, end] = [range.start_position, range.end_position ?? size]
      if (start > end || end > size) throw new DomainError('NUMBER_OUT_OF_RANGE', { size })
      const anchor = await readAnchor(tx)
      const shown = await checking.use(end - start, (check) =>
        verifyStored(tx, { keys, check, trusted: log.keys, start, end, past, anchor }),
      )
      return { head, past, start, end, shown, anchor }
    },
    { isolation: 'repeatable read', readOnly: true },
  )
  const invalid = invalidEntries(shown, await erasedMeanwhile(database, keys, tenantId, shown))
  if (anchor && !(await anchored.holds(anchor, log)))
    invalid.push({ index: 0, code: 'ANCHOR_CHANGED', message: 'the stored anchor of the log does not hold' })
  return { ...bounds, invalid }
}

/** Who of the people whose keys are gone is erased by now. */
async function erasedMeanwhile(
  database: Database,
  keys: Keys,
  tenantId: string,
  { keyless }: Shown,
): Promise<ReadonlySet<string>> {
  if (keyless.size === 0) return new Set()
  const subjects = [...keyless.values()].flatMap((part) => part.subjects)
  const tombstones = await tenantTransaction(database.app, tenantId, (tx) => keys.erased(tx, subjects))
  return new Set(await keys.tombstones.proven(tenantId, tombstones))
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
      actor: by ? actorOf(by) : { type: 'system', id: 'probity' },
      resource: `audit/${start}-${end}`,
      action: 'verify',
      outcome: valid ? 'Success' : 'Failure',
      ...(valid ? {} : { risk_score: 100 }),
      data: { verification_id: id, findings: invalid.slice(0, 10) },
    })
  })
}
