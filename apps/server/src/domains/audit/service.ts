import type { Readable } from 'node:stream'
import type { AcceptRollback, EventQuery, ExportQuery, Histogram, HistogramQuery, VerifyRange } from '@probity/contract'
import { ANCHOR_TENANT, emptyRoot, encodeBase64, encodeHex, formatReceipt } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { actorOf, mayDo, type Principal } from '../../platform/authority.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import type { OwnEvent } from '../../platform/record.ts'
import { Turns } from '../../platform/turns.ts'
import type { SigningKeyTurn } from '../keys/index.ts'
import { Anchored } from './anchored.ts'
import { costOf } from './budget.ts'
import { CheckThreads } from './checking/threads.ts'
import { exportRange, exportSelection, type Run } from './export.ts'
import type { Format } from './formats/observed-event.ts'
import { histogramOf } from './histogram.ts'
import { ingestStream } from './ingest.ts'
import type { Refused } from './intake/prepared.ts'
import { presentEvent, presentVerification } from './present.ts'
import { Proofs } from './proofs.ts'
import { consistencyOf } from './prove.ts'
import type { Accepted } from './queue.ts'
import { type Entry, findEntry, findEvent, isOwn, openParts, readEntriesAt } from './reader.ts'
import { formatCursor } from './rules.ts'
import { search, selectIndexes } from './search.ts'
import * as store from './store.ts'
import { readAnchor } from './store-anchor.ts'
import { readTileBytes } from './tiles.ts'
import { verifyAndRecord } from './verification.ts'
import { writeSource } from './write.ts'
import { recordAllOwn, recordOwn, type WriteDependencies } from './write-inbox.ts'

const ANCHOR_TRIES = 30
const ANCHOR_POLL_MILLISECONDS = 100

/** The tenant's log: write, read, prove, verify, export. */
export class Audit {
  readonly #dependencies: WriteDependencies
  readonly #anchored: Anchored
  readonly #proofs = new Proofs()
  readonly #checking = new CheckThreads()
  /** Histograms read much: one at once of a tenant. */
  readonly #turnsOfHistograms = new Turns({ slots: 2, mostOfOne: 1, mostWaiting: 20 })

  constructor(dependencies: WriteDependencies) {
    this.#dependencies = dependencies
    this.#anchored = new Anchored(dependencies.database)
  }

  /** Records an event of Probity's own inside the caller's transaction. */
  record = (tx: Tx, event: OwnEvent): Promise<{ event_id: string }> => recordOwn(this.#dependencies, tx, event)

  recordAll = (tx: Tx, events: readonly OwnEvent[]): Promise<string[]> => recordAllOwn(this.#dependencies, tx, events)

  /**
   * Writes the events of a JSON body. Answers each one's fate in order; acknowledged means durable. Throws RATE_LIMITED
   * while too much waits to be written.
   */
  async write(tenantId: string, format: Format, bytes: Uint8Array) {
    const leave = this.#dependencies.budget.take(tenantId, costOf(bytes.length, 1))
    const written = await writeSource(this.#dependencies, tenantId, { format, kind: 'body', bytes }).finally(leave)
    const results = written.map(({ fate }) => fate)
    const count = (status: string) => results.filter((result) => result.status === status).length
    return {
      results,
      accepted: count('accepted'),
      duplicate: count('duplicate'),
      refused: count('refused'),
      tree_size: sizeWith(results) ?? (await this.#size(tenantId)),
    }
  }

  /** Writes an NDJSON stream of any length. */
  async ingest(tenantId: string, format: Format, body: Readable, encoding: string | undefined) {
    const total = await ingestStream(this.#dependencies, tenantId, format, body, encoding)
    return { ...total, tree_size: await this.#size(tenantId) }
  }

  /** A page of events, newest first. Opening sealed parts and finding people by name are recorded in the same transaction. */
  async list(principal: Principal, query: EventQuery) {
    return this.#run(principal.tenantId, async (tx) => {
      const head = await store.readHead(tx)
      if (!head) return { events: [], total: 0, has_more: false, next_cursor: null }
      const found = await search(tx, this.#dependencies.keys, query, mayDo(principal, 'audit_entry:read_personal'))
      const events = await this.#present(tx, principal, found.entries, head, query.personal)
      const isRecorded = query.personal || query.ip_address !== undefined // the scope was asked for, at the door
      if (found.byName && !isRecorded) await this.#recordFinding(tx, principal)
      return {
        events,
        total: head.size,
        has_more: found.before !== null,
        next_cursor: found.before === null ? null : formatCursor(found.before),
      }
    })
  }

  /** How many entries match, by when they were received. Finding people by name is recorded. */
  async histogram(principal: Principal, query: HistogramQuery): Promise<Histogram> {
    const { keys, clock } = this.#dependencies
    const run = <T>(work: (tx: Tx) => Promise<T>) => this.#run(principal.tenantId, work)
    const seesPeople = mayDo(principal, 'audit_entry:read_personal')
    const { byName, ...found } = await this.#turnsOfHistograms.take(principal.tenantId, () =>
      histogramOf(run, keys, query, seesPeople, clock.now()),
    )
    if (byName || query.ip_address !== undefined) await run((tx) => this.#recordFinding(tx, principal))
    return found
  }

  async get(principal: Principal, id: string, personal: boolean) {
    return this.#run(principal.tenantId, async (tx) => {
      const { entry, head } = await this.#find(tx, id)
      const [event] = await this.#present(tx, principal, [entry], head, personal)
      if (!event) throw new DomainError('NOT_FOUND')
      return event
    })
  }

  /** Events from an index on, at most `limit`; for the tail. */
  async since(principal: Principal, from: number, limit: number) {
    return this.#run(principal.tenantId, async (tx) => {
      const head = await store.readHead(tx)
      const count = Math.min(limit, Math.max(0, (head?.size ?? 0) - from))
      const entries = await readEntriesAt(
        tx,
        Array.from({ length: count }, (_, i) => from + i),
      )
      return head ? this.#present(tx, principal, entries, head, false) : []
    })
  }

  size(tenantId: string): Promise<number> {
    return this.#size(tenantId)
  }

  /** Receipt (tlog-proof) of an event; verifies offline. Integrated at once, anchored as soon as its head is. */
  async receipt(tenantId: string, id: string): Promise<string> {
    const run: Run = (work) => this.#run(tenantId, work)
    const [trusted, { found, newest, anchor }] = await Promise.all([
      this.key(tenantId),
      run(async (tx) => {
        const [head, anchored, one] = await Promise.all([store.readHead(tx), readAnchor(tx), findEntry(tx, id)])
        if (!head || !one) throw new DomainError('NOT_FOUND')
        return { found: one, newest: head, anchor: anchored }
      }),
    ])
    const { index, bytes } = found.entry
    const head = (await this.#anchored.proven(anchor, index, trusted)) ?? newest
    const proof = await this.#proofs.inclusion(run, tenantId, found, head)
    return formatReceipt({ index, leaf: bytes, proof, checkpoint: head.checkpoint })
  }

  /** The newest checkpoint, or the newest anchored one. Throws NOT_FOUND before there is any. */
  async checkpoint(tenantId: string, anchored: boolean): Promise<string> {
    if (!anchored) return (await this.#head(tenantId)).checkpoint
    const trusted = await this.key(tenantId)
    const head = await this.#anchored.headWith(tenantId, -1, trusted)
    if (!head) throw new DomainError('NOT_FOUND', { reason: 'no head of the log is anchored yet' })
    return head.checkpoint
  }

  /** Verifier keys of the tenant's log and of the anchor log. */
  async key(tenantId: string) {
    const { tenants } = this.#dependencies.keys
    const keys = await tenants.verifierKeys(tenantId)
    return { origin: keys[0]?.split('+')[0] ?? '', keys, anchor_keys: await tenants.verifierKeys(ANCHOR_TENANT) }
  }

  /**
   * Turns the log's signing key. The turn is an entry under a checkpoint that both keys sign; a crash before it is
   * recorded is made up for by `recordTurns`.
   */
  async turnKey(tenantId: string, by: Principal) {
    const turn = await this.#dependencies.keys.tenants.turnSigningKey(tenantId)
    if (turn) await this.#run(tenantId, (tx) => this.#recordTurn(tx, turn, actorOf(by)))
    return this.key(tenantId)
  }

  /** Turns the anchor log's own signing key, which is the installation's. */
  async turnAnchorKey(by: Principal) {
    const turn = await this.#dependencies.keys.tenants.turnSigningKey(ANCHOR_TENANT)
    const operator = { type: 'service', id: `operator/${by.userId}` } as const
    if (turn) await this.#run(ANCHOR_TENANT, (tx) => this.#recordTurn(tx, turn, operator))
    return { keys: await this.#dependencies.keys.tenants.verifierKeys(ANCHOR_TENANT) }
  }

  /** Records turns of the signing key that a crash kept from being recorded. */
  async recordTurns(tenantId: string): Promise<void> {
    for (const turn of await this.#dependencies.keys.tenants.signingKeyTurns(tenantId))
      await this.#run(tenantId, async (tx) => {
        if ((await findEvent(tx, turn.keyId)) === null)
          await this.#recordTurn(tx, turn, { type: 'system', id: 'probity' })
      })
  }

  /**
   * An operator put a backup back and stands by it: the log goes on from where it is, and says what is lost. Throws
   * NOT_FOUND where there is nothing to accept.
   */
  async acceptRollback(by: Principal, { tenant_id, reason }: AcceptRollback) {
    const { keys } = this.#dependencies
    const { origin } = await this.key(tenant_id)
    // A log that was put back to before its first entry has no head.
    const nothing = { origin, size: 0, root: emptyRoot(nodeCrypto.sha256) }
    const head = (await this.#run(tenant_id, (tx) => store.readHead(tx))) ?? nothing
    const seen = (await keys.witness.seen([origin])).get(origin)
    if (!seen || seen.size <= head.size)
      throw new DomainError('NOT_FOUND', { reason: 'the log of this tenant is not behind what was seen of it' })
    await this.#run(tenant_id, (tx) =>
      this.record(tx, {
        event_type: 'log.rollback_accepted',
        actor: { type: 'service', id: `operator/${by.userId}` },
        resource: `audit/${head.size}-${seen.size}`,
        action: 'accept',
        outcome: 'Warning',
        risk_score: 100,
        data: { reason, lost_from: head.size, lost_until: seen.size, lost_root: encodeHex(seen.root) },
      }),
    )
    await keys.witness.accept(head) // after it is recorded: nothing goes back in silence
    return { lost_from: head.size, lost_until: seen.size }
  }

  /** Bytes of a tile or entry bundle by its C2SP path. */
  async tile(tenantId: string, path: string): Promise<Buffer> {
    return this.#run(tenantId, (tx) => readTileBytes(tx, path))
  }

  async consistency(tenantId: string, from: number, to: number | undefined) {
    return this.#run(tenantId, async (tx) => {
      const size = (await store.readHead(tx))?.size ?? 0
      const until = to ?? size
      if (from > until || until > size) throw new DomainError('NUMBER_OUT_OF_RANGE', { size })
      return { from, to: until, hashes: (await consistencyOf(tx, from, until)).map((hash) => encodeBase64(hash)) }
    })
  }

  /** Verifies a stretch of the stored log and records the result, signed. `by` null: the schedule. */
  async verify(tenantId: string, by: Principal | null, range: VerifyRange) {
    const dependencies = { ...this.#dependencies, anchored: this.#anchored, checking: this.#checking }
    return verifyAndRecord(dependencies, await this.key(tenantId), { tenantId, by, range })
  }

  /** What verifications found, the newest first. */
  async verifications(principal: Principal, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
    const rows = await this.#run(principal.tenantId, (tx) => store.listVerifications(tx, afterId(cursor), limit + 1))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { verifications: page.map(presentVerification), next_cursor }
  }

  /** A range, or the entries that match, as one file. Opening sealed parts into it is recorded before. */
  async export(principal: Principal, query: ExportQuery): Promise<AsyncGenerator<Uint8Array>> {
    const { tenantId } = principal
    const { size } = await this.#head(tenantId)
    const end = query.end ?? size
    if (query.start > end || end > size) throw new DomainError('NUMBER_OUT_OF_RANGE', { size })
    const head = await this.#headFor(tenantId, end)
    const run = <T>(work: (tx: Tx) => Promise<T>) => this.#run(tenantId, work)
    const { keys, clock } = this.#dependencies
    const { start, end: _, personal, ...filter } = query
    const isFiltered = Object.values(filter).some((value) => value !== undefined)
    const seesPeople = mayDo(principal, 'audit_entry:read_personal')
    const selection = isFiltered ? await selectIndexes(run, keys, query, seesPeople, end) : null
    await run(async (tx) => {
      if (selection?.byName && !personal) await this.#recordFinding(tx, principal)
      await this.#recordExport(tx, principal, { start, end, personal, filtered: isFiltered })
    })
    const plan = { head, tenantId, createdAt: clock.now(), personal }
    return selection === null
      ? exportRange(run, keys, plan, start, end)
      : exportSelection(run, keys, plan, { start, end }, selection.indexes)
  }

  /** Whether an event with this id is in the log or on its way there. */
  async has(tx: Tx, eventId: string): Promise<boolean> {
    return (await findEvent(tx, eventId)) !== null || (await store.isInInboxById(tx, eventId))
  }

  /** How many sealed parts belong to these pseudonyms. */
  countParts(tx: Tx, subjects: string[]): Promise<number> {
    return store.countPartsOf(tx, subjects)
  }

  /** Deletes the sealed parts of erased people. */
  deleteParts(tx: Tx, subjects: string[]): Promise<void> {
    return store.emptyPartsOf(tx, subjects)
  }

  async #recordTurn(tx: Tx, turn: SigningKeyTurn, actor: OwnEvent['actor']): Promise<void> {
    await this.record(tx, {
      event_id: turn.keyId,
      occurred_at: turn.at.getTime() * 1000,
      event_type: 'log.key_turned',
      actor,
      resource: 'audit/key',
      action: 'turn',
      outcome: 'Success',
      data: { from: turn.from, to: turn.to, overlaps_until: turn.overlapsUntil.toISOString() },
    })
  }

  async #present(tx: Tx, principal: Principal, entries: readonly Entry[], head: store.Head, personal: boolean) {
    const sealed = entries.filter((entry) => entry.leaf.sealed.length > 0)
    const opened = await openParts(tx, this.#dependencies.keys, sealed, personal ? 'all' : 'own')
    const rows = personal
      ? []
      : await store.readErasedParts(
          tx,
          sealed.map((entry) => entry.index),
        )
    if (opened.some((part) => !isOwn(tx.tenantId, part.subjects))) await this.#recordReading(tx, principal, sealed)
    return entries.map((entry) => {
      const erased = new Set(rows.filter((row) => row.seq === entry.index).map((row) => row.part))
      return presentEvent(
        entry,
        head.checkpoint,
        erased,
        opened.filter((part) => part.index === entry.index),
      )
    })
  }

  async #recordReading(tx: Tx, principal: Principal, entries: readonly Entry[]): Promise<void> {
    const data = { entries: entries.map((entry) => entry.index) }
    await this.#recordUse(tx, principal, {
      event_type: 'audit.personal_read',
      resource: 'audit/sealed',
      action: 'read',
      data,
    })
  }

  async #recordFinding(tx: Tx, principal: Principal): Promise<void> {
    const data = { scopes: ['audit:read_personal'] }
    const event_type = 'access.sensitive_scope_used'
    await this.#recordUse(tx, principal, { event_type, resource: 'audit/people', action: 'use', data })
  }

  #recordExport(
    tx: Tx,
    principal: Principal,
    { start, end, ...data }: { start: number; end: number; personal: boolean; filtered: boolean },
  ): Promise<void> {
    const resource = `audit/${start}-${end}`
    return this.#recordUse(tx, principal, { event_type: 'audit.exported', resource, action: 'export', data })
  }

  async #recordUse(
    tx: Tx,
    principal: Principal,
    { data, ...use }: Required<Pick<OwnEvent, 'event_type' | 'resource' | 'action' | 'data'>>,
  ): Promise<void> {
    await this.record(tx, {
      ...use,
      actor: actorOf(principal),
      outcome: 'Success',
      data: { ...data, [principal.kind]: principal.id },
    })
  }

  async #find(tx: Tx, id: string): Promise<{ entry: Entry; head: store.Head }> {
    const [head, found] = await Promise.all([store.readHead(tx), findEntry(tx, id)])
    if (!head || !found) throw new DomainError('NOT_FOUND')
    return { entry: found.entry, head }
  }

  async #head(tenantId: string): Promise<store.Head> {
    const head = await this.#run(tenantId, (tx) => store.readHead(tx))
    if (!head) throw new DomainError('NOT_FOUND', { reason: 'the log has no entry yet' })
    return head
  }

  // An anchored head proves more than a newer one, where it holds all that is asked for; one comes every second.
  async #headFor(tenantId: string, end: number): Promise<store.Head> {
    const trusted = await this.key(tenantId)
    for (let tries = 0; tries < ANCHOR_TRIES; tries++) {
      const head = await this.#anchored.headWith(tenantId, end - 1, trusted)
      if (head) return head
      await new Promise((resolve) => setTimeout(resolve, ANCHOR_POLL_MILLISECONDS))
    }
    return this.#head(tenantId)
  }

  async #size(tenantId: string): Promise<number> {
    return (await this.#run(tenantId, (tx) => store.readHead(tx)))?.size ?? 0
  }

  #run<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return tenantTransaction(this.#dependencies.database.app, tenantId, work)
  }
}

/** Size of the tree in which all of these entries are; null: not all of them have a place yet. */
function sizeWith(results: readonly (Accepted | Refused)[]): number | null {
  const indexes = results.flatMap((result) => (result.status === 'refused' ? [] : [result.index]))
  if (indexes.length === 0 || indexes.includes(null)) return null
  return indexes.reduce<number>((most, index) => Math.max(most, index ?? 0), 0) + 1
}
