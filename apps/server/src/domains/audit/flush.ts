import { formatCheckpoint } from '@probity/core'
import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { SequencerTx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { packBody } from './bundle-body.ts'
import { millisecondOf } from './event-id.ts'
import { idAt, unpackBatch } from './intake/packing.ts'
import { countOf, hashesOf, LeafRun, packLeaves, type ReadyLeaf, summarise } from './leaf-run.ts'
import type { LogState } from './log-state.ts'
import type { Accepted, BatchOutcome, Waiting, WaitingBatch } from './queue.ts'
import { OpenedBundle } from './reader.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store-sequencer.ts'

export interface FlushDependencies {
  keys: Keys
  clock: Clock
  /** Origin of a tenant's log, for the first checkpoint. */
  originOf(tenantId: string): string
}

/** What a flush decided, to be told when it is committed. */
export interface Decided {
  item: Waiting
  outcome: Accepted | 'conflict' | 'erased'
}

/** What was decided of a batch; `each`: of its events, when something in it is known already or erased, else nothing. */
export interface DecidedBatch {
  item: WaitingBatch
  each: Decided[]
  outcome: BatchOutcome
}

/**
 * Writes what waits, of all its tenants, in the caller's transaction, which holds the lease. The states move ahead
 * of the commit: when it fails the caller throws them away.
 */
export async function writeWaiting(
  tx: SequencerTx,
  dependencies: FlushDependencies,
  states: Map<string, LogState>,
  batch: readonly Waiting[],
  batches: readonly WaitingBatch[],
): Promise<{ decided: Decided[]; decidedBatches: DecidedBatch[] }> {
  const plain = await plainBatches(tx, batch, batches)
  const opened = batches.map((item) => (plain.has(item) ? null : eachOf(item)))
  const all = await decide(tx, [...batch, ...opened.flatMap((one) => one?.waiting ?? [])], dependencies.clock.now())
  const appending = new Appending(states)
  const parts: store.PartRow[] = []
  const ids: store.EventIdRow[] = []
  const place = ({ item: { entry }, outcome }: Decided) => {
    if (typeof outcome === 'string' || outcome.index !== -1) return
    const { tenantId, eventId, content } = entry
    const seq = appending.one(tenantId, entry.leaf)
    outcome.index = seq
    if (content) ids.push({ tenant_id: tenantId, event_id: eventId, seq, content })
    for (const [part, one] of entry.parts.entries()) parts.push({ tenant_id: tenantId, seq, part, ...one })
  }
  const decided = all.splice(0, batch.length)
  for (const one of decided) place(one)
  const decidedBatches = batches.map((item, i): DecidedBatch => {
    const alone = opened[i]
    if (alone) {
      const each = all.splice(0, item.batch.count)
      for (const one of each) place(one)
      return { item, each, outcome: { each: alone.outcomes } }
    }
    const first = appending.run(item.batch.tenantId, new LeafRun(item.batch.leaves))
    return { item, each: [], outcome: { first } }
  })
  settleRepeats([...decided, ...decidedBatches.flatMap(({ each }) => each)])
  const changes = appending.changes()
  const [heads, bundles] = await Promise.all([signHeads(dependencies, changes), packBundles(changes)])
  const filled = filledBundles(changes)
  const tiles = changes.flatMap(({ state, tiles: changed }) =>
    changed.map((tile) => ({ tenant_id: state.tenantId, ...tile })),
  )
  const drained = batch.flatMap((item) => (item.inboxId ? [{ tenant_id: item.entry.tenantId, id: item.inboxId }] : []))
  // All in one go: the statements travel together, in this order.
  const [moved] = await Promise.all([
    heads.length === 0 || store.moveHeads(tx, heads),
    filled.length > 0 && store.deleteFragments(tx, filled),
    bundles.length > 0 && store.insertBundles(tx, bundles),
    tiles.length > 0 && store.upsertTiles(tx, tiles),
    ids.length > 0 && store.insertEventIds(tx, ids),
    parts.length > 0 && store.insertParts(tx, parts),
    drained.length > 0 && store.deleteInbox(tx, drained),
    ...decidedBatches.map(({ item, outcome }) => 'first' in outcome && insertBatch(tx, item, outcome.first)),
  ])
  if (!moved) throw new Error('a log has another size than its sequencer knows')
  return { decided, decidedBatches }
}

/** The events of a batch as if each had come alone. */
function eachOf({ batch }: WaitingBatch): { waiting: Waiting[]; outcomes: Promise<Accepted>[] } {
  const outcomes: Promise<Accepted>[] = []
  const waiting: Waiting[] = []
  for (const entry of unpackBatch(batch)) {
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>()
    promise.catch(() => undefined) // looked at by who waits for the batch
    outcomes.push(promise)
    waiting.push({ entry, inboxId: null, resolve, reject })
  }
  return { waiting, outcomes }
}

/** Appends to logs; single leaves that follow each other become one run. */
class Appending {
  readonly #states: Map<string, LogState>
  readonly #touched = new Map<LogState, { from: number; alone: ReadyLeaf[] }>()

  constructor(states: Map<string, LogState>) {
    this.#states = states
  }

  /** Appends a leaf; answers its index. */
  one(tenantId: string, leaf: ReadyLeaf): number {
    const { state, alone } = this.#of(tenantId)
    return state.size + alone.push(leaf) - 1
  }

  /** Appends leaves; answers the index of the first. */
  run(tenantId: string, run: LeafRun): number {
    const { state, alone } = this.#of(tenantId)
    append(state, alone)
    const first = state.size
    state.append(run)
    return first
  }

  changes(): Change[] {
    return [...this.#touched].map(([state, { from, alone }]) => {
      append(state, alone)
      return { state, from, ...state.takeChanges(from) }
    })
  }

  #of(tenantId: string): { state: LogState; alone: ReadyLeaf[] } {
    const state = this.#states.get(tenantId)
    if (!state) throw new Error('a log was not loaded before its flush')
    const touched = this.#touched.get(state) ?? { from: state.size, alone: [] }
    this.#touched.set(state, touched)
    return { state, alone: touched.alone }
  }
}

function append(state: LogState, alone: ReadyLeaf[]): void {
  if (alone.length > 0) state.append(new LeafRun(packLeaves(alone.splice(0))))
}

async function insertBatch(tx: SequencerTx, { batch }: WaitingBatch, first: number): Promise<void> {
  const { tenantId, rows, contents, envelopes } = batch
  if (!rows) throw new Error('a batch that is written as a whole has its rows')
  await Promise.all([
    rows.ids && store.insertBulkIds(tx, tenantId, first, rows.ids, contents),
    rows.parts && store.insertBulkParts(tx, tenantId, first, rows.parts, envelopes),
  ])
}

/** Those of which no id is known or comes twice in this flush, and nobody is erased. */
async function plainBatches(
  tx: SequencerTx,
  alone: readonly Waiting[],
  batches: readonly WaitingBatch[],
): Promise<Set<WaitingBatch>> {
  const candidates = withIdsOfTheirOwn(alone, batches)
  const plain = await Promise.all(
    candidates.map(async ({ batch: { tenantId, rows } }) => {
      const [isKnown, isErased] = await Promise.all([
        rows?.ids && store.anyIdKnown(tx, tenantId, rows.ids.event_id),
        rows?.parts && store.anyErased(tx, tenantId, rows.parts.everybody),
      ])
      return !isKnown && !isErased
    }),
  )
  return new Set(candidates.filter((_, i) => plain[i]))
}

/** Those of which each id is another than all that are given in this flush: of two that share one neither is. */
function withIdsOfTheirOwn(alone: readonly Waiting[], batches: readonly WaitingBatch[]): WaitingBatch[] {
  const givenBy = new Map<string, WaitingBatch | null>()
  for (const { entry } of alone) if (entry.content) givenBy.set(`${entry.tenantId}/${entry.eventId}`, null)
  const candidates = new Set(batches.filter(({ batch }) => batch.idsArePlain && batch.rows))
  for (const item of batches) {
    const { batch } = item
    if (!batch.hasContent.includes(1)) continue
    for (let i = 0; i < batch.count; i++) {
      if (!batch.hasContent[i]) continue
      const id = `${batch.tenantId}/${idAt(batch, i)}`
      const other = givenBy.get(id)
      if (other === undefined) givenBy.set(id, item)
      else {
        candidates.delete(item)
        if (other) candidates.delete(other)
      }
    }
  }
  return [...candidates]
}

/** New entries get index -1 here and their place later; what repeats an id is found in the table or in the batch. */
async function decide(tx: SequencerTx, batch: readonly Waiting[], now: number): Promise<Decided[]> {
  const [known, erased, ours] = await Promise.all([
    knownIds(tx, batch),
    erasedSubjects(tx, batch),
    idsOfOurMaking(tx, batch, now),
  ])
  const inBatch = new Map<string, { content: Buffer | null; outcome: Accepted }>()
  return batch.map((item) => {
    const { entry } = item
    const id = `${entry.tenantId}/${entry.eventId}`
    if (ours.has(id)) return { item, outcome: 'conflict' }
    const stored = known.get(id)
    if (stored)
      return {
        item,
        outcome: repeated(
          entry.eventId,
          entry.content,
          stored.content,
          stored.seq,
          stored.erased || isErased(item, erased),
        ),
      }
    // What a caller still holds in clear is sealed again under a new pseudonym; the inbox holds only the sealed
    // part, which was accepted before the erasure and is erased with the rest.
    if (item.inboxId === null && isErased(item, erased)) return { item, outcome: 'erased' }
    const first = inBatch.get(id)
    if (first) {
      const same = first.content !== null && entry.content !== null && first.content.equals(entry.content)
      return { item, outcome: same ? new Repeat(entry.eventId, first.outcome) : 'conflict' }
    }
    const outcome: Accepted = { status: 'accepted', event_id: entry.eventId, index: -1 }
    inBatch.set(id, { content: entry.content, outcome })
    return { item, outcome }
  })
}

/** A repeat within a batch: its index is known when the first one has its own. */
class Repeat implements Accepted {
  readonly status = 'duplicate'
  readonly event_id: string
  readonly first: Accepted
  index: number | null = null
  constructor(eventId: string, first: Accepted) {
    this.event_id = eventId
    this.first = first
  }
}

function settleRepeats(decided: readonly Decided[]): void {
  for (const { outcome } of decided) if (outcome instanceof Repeat) outcome.index = outcome.first.index
}

// The digest of an erased person's event cannot be compared, so a repeat of its id counts as the same event:
// taking it as another would bring the person back.
function repeated(
  eventId: string,
  content: Buffer | null,
  stored: Buffer,
  seq: number,
  personErased: boolean,
): Accepted | 'conflict' {
  if (personErased || (content !== null && stored.equals(content)))
    return { status: 'duplicate', event_id: eventId, index: seq }
  return 'conflict'
}

async function knownIds(tx: SequencerTx, batch: readonly Waiting[]): Promise<Map<string, store.KnownId>> {
  const given = batch.filter(({ entry }) => entry.content !== null)
  if (given.length === 0) return new Map()
  const rows = await store.readEventIds(
    tx,
    given.map(({ entry }) => ({ tenantId: entry.tenantId, eventId: entry.eventId })),
  )
  return new Map(rows.map((row) => [`${row.tenant_id}/${row.event_id}`, row]))
}

// An id that we made has no row. Who gives one back sends what we have already, or would put another event in its place.
async function idsOfOurMaking(tx: SequencerTx, batch: readonly Waiting[], now: number): Promise<Set<string>> {
  const asked = batch.flatMap(({ entry: { tenantId, eventId, content } }) => {
    const millisecond = content === null ? null : millisecondOf(eventId)
    return millisecond === null || millisecond > now / 1000 + DAY ? [] : { tenantId, eventId, millisecond }
  })
  const found = new Set<string>()
  for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
    const some = asked.slice(at, at + ASKED_AT_ONCE)
    for (const row of await store.readBundlesAt(tx, some)) {
      const bundle = new OpenedBundle(row)
      for (const { tenantId, eventId } of some)
        if (row.tenant_id === tenantId && bundle.entryOf(eventId)) found.add(`${tenantId}/${eventId}`)
    }
  }
  return found
}

const ASKED_AT_ONCE = 64

const DAY = 86_400_000

async function erasedSubjects(tx: SequencerTx, batch: readonly Waiting[]): Promise<Set<string>> {
  const subjects = batch.flatMap(({ entry }) =>
    entry.parts.flatMap((part) => part.subjects.map((subject) => ({ tenantId: entry.tenantId, subject }))),
  )
  if (subjects.length === 0) return new Set()
  const rows = await store.readTombstones(tx, subjects)
  return new Set(rows.map((row) => `${row.tenant_id}/${row.subject}`))
}

function isErased({ entry }: Waiting, erased: Set<string>): boolean {
  return (
    erased.size > 0 &&
    entry.parts.some((part) => part.subjects.some((subject) => erased.has(`${entry.tenantId}/${subject}`)))
  )
}

type Change = { state: LogState; from: number } & ReturnType<LogState['takeChanges']>

async function signHeads(
  { keys, clock, originOf }: FlushDependencies,
  changes: readonly Change[],
): Promise<(store.HeadRow & { from: number })[]> {
  const checkpoint_at = microsecondsToDate(clock.now())
  return Promise.all(
    changes.map(async ({ state, from }) => {
      const origin = originOf(state.tenantId)
      const root = state.root()
      const checkpoint = await keys.tenants.signNote(
        state.tenantId,
        formatCheckpoint({ origin, size: state.size, root }),
      )
      return { tenant_id: state.tenantId, origin, size: state.size, root, checkpoint, checkpoint_at, from }
    }),
  )
}

async function packBundles(changes: readonly Change[]): Promise<store.StoredBundle[]> {
  return Promise.all(
    changes.flatMap(({ state, bundles: pieces }) =>
      pieces.map(async ({ first, runs }) => ({
        tenant_id: state.tenantId,
        first_seq: first,
        entries: countOf(runs),
        body: await packBody(
          runs.map((run) => run.bundle),
          countOf(runs),
        ),
        hashes: hashesOf(runs),
        ...summarise(runs),
      })),
    ),
  )
}

/** Bundles that are full now and were stored in fragments before, which go. */
function filledBundles(changes: readonly Change[]): { tenantId: string; start: number; end: number }[] {
  return changes.flatMap(({ state, from, bundles: pieces }) => {
    const start = from - (from % BUNDLE)
    const fills = from !== start && pieces[0]?.first === start
    return fills ? [{ tenantId: state.tenantId, start, end: start + BUNDLE }] : []
  })
}
