import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { BoundedMap } from '../../platform/bounded-map.ts'
import { isConnectionError } from '../../platform/database/connection-error.ts'
import { Listener } from '../../platform/database/listen.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type SequencerTx, sequencerTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Tracing } from '../../platform/tracing.ts'
import { type Attempt, piecesOf, sizeOf, tenantsOf } from './attempt.ts'
import { BlockedLogs, blocked } from './blocked-logs.ts'
import { type Decided, type DecidedBatch, type FlushDependencies, writeWaiting } from './flush.ts'
import { fromInbox, type InboxRow } from './inbox.ts'
import type { PackedBatch } from './intake/packing.ts'
import type { Prepared } from './intake/prepared.ts'
import { LogBroken, type LogState, loadStates } from './log-state.ts'
import { type Accepted, type BatchOutcome, type Waiting, WaitingQueue } from './queue.ts'
import * as store from './store-sequencer.ts'

/** Most events of a flush, and most of one tenant's while several write: a neighbour waits for no long flush. */
const BATCH = 4096
const SHARE_OF_ONE = 8
const SHARE_OF_INBOX = BATCH / 4
/** After a flush of so many single events the next one waits, at most so long, for as many again. */
const MANY = 8
const GATHER_MILLISECONDS = 3
/** Nobody waits for what is in the inbox: what comes within so long costs one flush and not one each. */
const INBOX_MILLISECONDS = 10

/** The event's person was erased while it waited; the caller seals it again under a new pseudonym. */
export class SealAgain extends Error {}

/** The batch could not be written as it is, and nothing of it was: its events must be added one by one. */
export class OneByOne extends Error {}

/**
 * Gives entries their index, one flush at a time for all tenants. Owns the lease, the states of the logs and the
 * queue of this process. Only the holder of the lease writes; every flush prolongs it and compares its epoch, so
 * a process that slept through its lease writes nothing. A crash leaves either a whole flush or none of it.
 */
export class Sequencer {
  readonly holder = randomUUID()
  readonly #database: Database
  readonly #dependencies: FlushDependencies
  readonly #log: Logger
  readonly #leaseMilliseconds: number
  readonly #tracing: Tracing
  readonly #queue = new WaitingQueue()
  #states = new BoundedMap<string, LogState>(5_000)
  #epoch: number | null = null
  #flushing = false
  /** Single events of the last flush. */
  #lastAlone = 0
  /** While more is waited for before a flush: how much ends that, and how. */
  #pausing: { enough: number; end(): void } | null = null
  #inboxWaits = true
  #stopped = false
  #ticking = false
  #timer: NodeJS.Timeout | null = null
  #idle: (() => void)[] = []
  #moved = new Set<string>()
  readonly #blocked = new BlockedLogs()
  readonly #notices: Listener

  constructor(options: {
    database: Database
    dependencies: FlushDependencies
    log: Logger
    leaseMilliseconds: number
    tracing: Tracing
  }) {
    this.#database = options.database
    this.#dependencies = options.dependencies
    this.#log = options.log
    this.#leaseMilliseconds = options.leaseMilliseconds
    this.#tracing = options.tracing
    this.#notices = new Listener(options.database.sequencer, 'audit_inbox', { notice: () => this.wake() })
  }

  /** Whether this process sequences now. */
  get leads(): boolean {
    return this.#epoch !== null
  }

  /** The fence of this process's lease; null when another sequences. */
  get epoch(): number | null {
    return this.#epoch
  }

  /** Tenants whose logs grew since the last call; empty at first in each epoch. */
  takeMoved(): string[] {
    const moved = [...this.#moved]
    this.#moved.clear()
    return moved
  }

  /** Whether several tenants write now. */
  get isShared(): boolean {
    return this.#queue.isShared
  }

  /** Tenants whose logs cannot be written, because what is stored of them is not what was signed. */
  get blocked(): number {
    return this.#blocked.all().length
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** Takes the lease if it is free, and keeps trying. */
  async start(): Promise<void> {
    await this.#tick()
    this.#timer = setInterval(() => void this.#tick(), Math.max(50, this.#leaseMilliseconds / 6))
  }

  /** Writes what waits and gives the lease back. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    while (this.#queue.length > 0 && this.#epoch !== null) {
      this.#kick()
      await new Promise<void>((resolve) => this.#idle.push(resolve))
    }
    this.#stopped = true
    this.#notices.stop()
    if (this.#flushing) await new Promise<void>((resolve) => this.#idle.push(resolve))
    const epoch = this.#epoch
    this.#epoch = null
    if (epoch !== null)
      await this.#transaction((tx) => store.releaseLease(tx, this.holder, epoch)).catch(() => undefined)
    this.#giveUpWaiting('the server stops; send the event again')
  }

  /** Resolves when the event is durable and has its index. Rejects with SealAgain, EVENT_ID_CONFLICT or UNAVAILABLE. */
  add(entry: Prepared): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, inboxId: null, resolve, reject })
      this.#kick()
    })
  }

  /**
   * Resolves when it is durable what became of the batch: it is new as a whole, or each of its events was decided on.
   * Batches of a tenant stand in the log in the order in which they were added. Rejects with OneByOne, or UNAVAILABLE.
   */
  addBatch(batch: PackedBatch): Promise<BatchOutcome> {
    return new Promise((resolve, reject) => {
      this.#queue.pushBatch({ batch, resolve, reject })
      this.#kick()
    })
  }

  /** Something was put into the inbox. */
  wake(): void {
    this.#inboxWaits = true
    this.#kick()
  }

  #kick(): void {
    if (this.#pausing && this.#queue.length >= this.#pausing.enough) this.#pausing.end()
    if (this.#flushing || this.#stopped || this.#epoch === null) return
    this.#flushing = true
    setImmediate(() => void this.#flushAll())
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#epoch !== null && (this.#queue.length > 0 || this.#inboxWaits)) {
        await this.#gather()
        await this.#flush()
      }
    } finally {
      this.#flushing = false
      const waiters = this.#idle
      this.#idle = []
      for (const wake of waiters) wake()
      if (this.#queue.length > 0 && this.#epoch !== null) this.#kick()
    }
  }

  // Writers who were answered by the last flush are about to send their next event: what they share costs each less.
  async #gather(): Promise<void> {
    if (this.#queue.length === 0) return this.#pause(INBOX_MILLISECONDS, 1)
    if (this.#lastAlone < MANY || this.#queue.length >= this.#lastAlone) return
    await this.#pause(GATHER_MILLISECONDS, this.#lastAlone)
  }

  async #pause(milliseconds: number, enough: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#pausing = { enough, end: resolve }
      setTimeout(resolve, milliseconds)
    })
    this.#pausing = null
  }

  async #flush(): Promise<void> {
    const drain = this.#inboxWaits
    this.#inboxWaits = false
    const alone = this.#queue.take(BATCH, this.#queue.isShared ? SHARE_OF_ONE : BATCH)
    const attempt = { alone, batches: this.#queue.takeBatches(BATCH) }
    this.#lastAlone = alone.length
    try {
      const counted = () => ({ 'probity.events': sizeOf(attempt) })
      this.#tell(await this.#tracing.within('audit.flush', counted, () => this.#commit(attempt, drain)))
    } catch (error) {
      await this.#isolate(attempt, error)
    }
  }

  /** Writes an attempt in one transaction, and with `drain` what waits in the inbox, which is added to it. */
  async #commit(attempt: Attempt, drain: boolean): Promise<Written> {
    return this.#transaction(async (tx) => {
      const held = this.#holdLease(tx)
      held.catch(() => undefined) // looked at before anything is committed
      if (drain) attempt.alone.unshift(...(await this.#readInbox(tx)))
      // What is read without the lease may be read while another writes.
      if (tenantsOf(attempt).some((tenantId) => this.#states.get(tenantId) === undefined)) await held
      const written = sizeOf(attempt) === 0 ? NOTHING : await this.#write(tx, attempt).finally(() => held)
      await held
      return written
    })
  }

  async #readInbox(tx: SequencerTx): Promise<Waiting[]> {
    const rows = await store.readInbox(tx, BATCH, SHARE_OF_INBOX, this.#blocked.all())
    this.#inboxWaits ||= rows.length >= SHARE_OF_INBOX // what comes after it was read wakes again
    const now = this.#dependencies.clock.now()
    const read = rows.map((row: InboxRow) => ({ row, event: fromInbox(row, now) }))
    const bad = read.flatMap(({ row, event }) => ('reason' in event ? [{ ...row, reason: event.reason }] : []))
    if (bad.length > 0) await store.quarantine(tx, bad)
    for (const { tenant_id, id, reason } of bad)
      this.#log.error({ tenant_id, id, reason }, 'a row of the inbox is no event and was put aside')
    return read.map(({ event }) => event).filter((event): event is Waiting => !('reason' in event))
  }

  async #holdLease(tx: SequencerTx): Promise<void> {
    const held = await store.holdLease(tx, this.holder, this.#epoch ?? -1, this.#leaseMilliseconds)
    if (!held) throw new LeaseLost()
  }

  async #write(tx: SequencerTx, attempt: Attempt): Promise<Written> {
    const states = await this.#statesOf(tx, attempt)
    const alone = attempt.alone.filter((item) => states.has(item.entry.tenantId))
    const batches = attempt.batches.filter((item) => states.has(item.batch.tenantId))
    if (alone.length + batches.length === 0) return NOTHING
    return writeWaiting(tx, this.#dependencies, states, alone, batches)
  }

  #tell({ decided, decidedBatches }: Written): void {
    const alone = [...decided, ...decidedBatches.flatMap(({ each }) => each)]
    for (const { item, outcome } of alone) if (isNew(outcome)) this.#moved.add(item.entry.tenantId)
    for (const { item, outcome } of decidedBatches) if ('first' in outcome) this.#moved.add(item.batch.tenantId)
    for (const one of alone) tell(one)
    for (const { item, outcome } of decidedBatches) item.resolve(outcome)
  }

  // A flush failed. Where the database said no to what was written, it was undone, and something of one tenant is what
  // is wrong: each tenant's events and each batch are tried by themselves, so that no other waits for it.
  async #isolate(attempt: Attempt, error: unknown): Promise<void> {
    this.#states = new BoundedMap(5_000)
    if (error instanceof LeaseLost || isConnectionError(error)) return this.#recover(attempt, error)
    const pieces = piecesOf(attempt)
    if (pieces.length <= 1) {
      for (const item of attempt.batches) item.reject(new OneByOne())
      for (const { entry } of attempt.alone.slice(0, 1)) this.#block(entry.tenantId, attempt.alone, error)
      return
    }
    for (const piece of pieces) {
      try {
        this.#tell(await this.#commit(piece, false))
      } catch (again) {
        await this.#isolate(piece, again)
      }
    }
  }

  // Its events in the inbox stay there; who waits here is told. Tried again after a while: it may have been mended.
  #block(tenantId: string, items: readonly Waiting[], error: unknown): void {
    this.#blocked.block(tenantId)
    this.#inboxWaits = true
    this.#log.error({ tenant_id: tenantId, err: error }, 'the log of a tenant cannot be written; verify it')
    for (const item of items) item.reject(blocked())
  }

  // What was written is not known: the connection may have died at the commit. Events with an id of the caller's
  // can be sent again; the others are refused as unknown rather than doubled.
  #recover({ alone, batches }: Attempt, error: unknown): void {
    this.#epoch = null
    this.#inboxWaits = true
    if (!(error instanceof LeaseLost)) this.#log.error({ err: error }, 'a flush of the audit log failed')
    for (const item of [...alone, ...batches])
      item.reject(
        new DomainError('UNAVAILABLE', {
          reason: 'the log could not be written; send the event again with its event_id',
          retry_after: 1,
        }),
      )
  }

  /** States of the logs of a batch; one that is broken is left out, and blocked. */
  async #statesOf(tx: SequencerTx, attempt: Attempt): Promise<Map<string, LogState>> {
    const states = new Map<string, LogState>()
    const missing = new Set<string>()
    for (const tenantId of tenantsOf(attempt)) {
      const state = this.#states.get(tenantId)
      if (state) states.set(tenantId, state)
      else if (!this.#blocked.has(tenantId)) missing.add(tenantId)
    }
    for (const [tenantId, state] of missing.size === 0 ? [] : await this.#load(tx, [...missing])) {
      if (state instanceof LogBroken) this.#block(tenantId, [], state)
      else {
        states.set(tenantId, state)
        this.#states.set(tenantId, state)
      }
    }
    for (const item of attempt.alone) if (!states.has(item.entry.tenantId)) item.reject(blocked())
    for (const item of attempt.batches) if (!states.has(item.batch.tenantId)) item.reject(blocked())
    return states
  }

  #load(tx: SequencerTx, tenantIds: string[]): ReturnType<typeof loadStates> {
    const { keys, originOf } = this.#dependencies
    const guard = {
      originOf,
      verifierKeys: (tenantId: string) => keys.tenants.verifierKeys(tenantId),
      witnessed: (origins: string[]) => keys.witness.seen(origins),
    }
    return loadStates(tx, guard, tenantIds)
  }

  // One at a time: a second one would take the lease from the first.
  async #tick(): Promise<void> {
    if (this.#stopped || this.#ticking) return
    this.#ticking = true
    try {
      await this.#look()
    } finally {
      this.#ticking = false
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#notices.ensure()
      if (this.#epoch !== null) {
        this.#inboxWaits = true // a NOTIFY can be lost with its connection
        this.#kick()
        return
      }
      const epoch = await this.#transaction((tx) => store.takeLease(tx, this.holder, this.#leaseMilliseconds))
      if (epoch === null) return this.#giveUpWaiting('another process took over; send the event again')
      this.#states = new BoundedMap(5_000)
      this.#epoch = epoch
      this.#inboxWaits = true
      this.#kick()
    } catch (error) {
      this.#log.warn({ err: error }, 'the lease of the audit log could not be taken')
      if (this.#epoch === null) this.#giveUpWaiting('the database does not answer; send the event again')
    }
  }

  // This process does not sequence: what waits here would wait for ever. Its callers send it again.
  #giveUpWaiting(reason: string): void {
    const left = Number.MAX_SAFE_INTEGER
    for (const item of [...this.#queue.take(left), ...this.#queue.takeBatches(left, false)])
      item.reject(new DomainError('UNAVAILABLE', { reason, retry_after: 1 }))
  }

  #transaction<T>(work: (tx: SequencerTx) => Promise<T>): Promise<T> {
    return sequencerTransaction(this.#database.sequencer, work)
  }
}

class LeaseLost extends Error {}

interface Written {
  decided: Decided[]
  decidedBatches: DecidedBatch[]
}

const NOTHING: Written = { decided: [], decidedBatches: [] }

function isNew(outcome: Decided['outcome']): boolean {
  return typeof outcome !== 'string' && outcome.status === 'accepted'
}

function tell({ item, outcome }: Decided): void {
  if (outcome === 'conflict') item.reject(new DomainError('EVENT_ID_CONFLICT', { event_id: item.entry.eventId }))
  else if (outcome === 'erased') item.reject(new SealAgain())
  else item.resolve({ status: outcome.status, event_id: outcome.event_id, index: outcome.index })
}
