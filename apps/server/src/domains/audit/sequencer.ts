import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { BoundedMap } from '../../platform/bounded-map.ts'
import { Listener } from '../../platform/database/listen.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type SequencerTx, sequencerTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { type Decided, type FlushDependencies, writeBatch } from './flush.ts'
import { fromInbox, type InboxRow } from './inbox.ts'
import type { Prepared } from './intake/prepared.ts'
import { type LogState, loadStates } from './log-state.ts'
import { type Accepted, type Waiting, WaitingQueue } from './queue.ts'
import * as store from './store-sequencer.ts'

/** Events of a flush when one tenant writes, and when several do: a neighbour waits for no long flush. */
const BATCH = 4096
const SHARED_BATCH = 256

/** The event's person was erased while it waited; the caller seals it again under a new pseudonym. */
export class SealAgain extends Error {}

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
  readonly #queue = new WaitingQueue()
  #states = new BoundedMap<string, LogState>(5_000)
  #epoch: number | null = null
  #flushing = false
  #inboxWaits = true
  #stopped = false
  #timer: NodeJS.Timeout | null = null
  #idle: (() => void)[] = []
  readonly #partitions = new Set<string>()
  #moved = new Set<string>()
  readonly #notices: Listener

  constructor(options: {
    database: Database
    dependencies: FlushDependencies
    log: Logger
    leaseMilliseconds: number
  }) {
    this.#database = options.database
    this.#dependencies = options.dependencies
    this.#log = options.log
    this.#leaseMilliseconds = options.leaseMilliseconds
    this.#notices = new Listener(options.database.sequencer, 'audit_inbox', () => this.wake())
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
  }

  /** Resolves when the event is durable and has its index. Rejects with SealAgain, EVENT_ID_CONFLICT or UNAVAILABLE. */
  add(entry: Prepared): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, inboxId: null, resolve, reject })
      this.#kick()
    })
  }

  /** Flow control: resolves when the tenant may send more. */
  room(tenantId: string): Promise<void> {
    return this.#queue.room(tenantId)
  }

  /** Something was put into the inbox. */
  wake(): void {
    this.#inboxWaits = true
    this.#kick()
  }

  #kick(): void {
    if (this.#flushing || this.#stopped || this.#epoch === null) return
    this.#flushing = true
    setImmediate(() => void this.#flushAll())
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#epoch !== null && (this.#queue.length > 0 || this.#inboxWaits)) await this.#flush()
    } finally {
      this.#flushing = false
      const waiters = this.#idle
      this.#idle = []
      for (const wake of waiters) wake()
      if (this.#queue.length > 0 && this.#epoch !== null) this.#kick()
    }
  }

  async #flush(): Promise<void> {
    const drain = this.#inboxWaits
    this.#inboxWaits = false
    let batch = this.#queue.take(this.#queue.isShared ? SHARED_BATCH : BATCH)
    try {
      const decided = await this.#transaction(async (tx) => {
        const held = this.#holdLease(tx)
        held.catch(() => undefined) // looked at before anything is committed
        if (drain) {
          const rows = await store.readInbox(tx, BATCH, BATCH / 4)
          this.#inboxWaits = rows.length > 0
          batch = [...rows.map((row: InboxRow) => fromInbox(row)), ...batch]
        }
        await this.#ensurePartitions(tx, batch)
        const written = batch.length === 0 ? [] : await this.#write(tx, batch).finally(() => held)
        await held
        return written
      })
      for (const { item, outcome } of decided) if (isNew(outcome)) this.#moved.add(item.entry.tenantId)
      for (const one of decided) tell(one)
    } catch (error) {
      this.#recover(batch, error)
    }
  }

  async #holdLease(tx: SequencerTx): Promise<void> {
    const held = await store.holdLease(tx, this.holder, this.#epoch ?? -1, this.#leaseMilliseconds)
    if (!held) throw new LeaseLost()
  }

  async #write(tx: SequencerTx, batch: readonly Waiting[]): Promise<Decided[]> {
    return writeBatch(tx, this.#dependencies, await this.#statesOf(tx, batch), batch)
  }

  // What was written is not known: the connection may have died at the commit. Events with an id of the caller's
  // can be sent again; the others are refused as unknown rather than doubled.
  #recover(batch: readonly Waiting[], error: unknown): void {
    this.#states = new BoundedMap(5_000)
    this.#epoch = null
    this.#inboxWaits = true
    if (!(error instanceof LeaseLost)) this.#log.error({ err: error }, 'a flush of the audit log failed')
    for (const item of batch)
      item.reject(
        new DomainError('UNAVAILABLE', {
          reason: 'the log could not be written; send the event again with its event_id',
          retry_after: 1,
        }),
      )
  }

  async #statesOf(tx: SequencerTx, batch: readonly Waiting[]): Promise<Map<string, LogState>> {
    const states = new Map<string, LogState>()
    const missing: string[] = []
    for (const tenantId of new Set(batch.map((item) => item.entry.tenantId))) {
      const state = this.#states.get(tenantId)
      if (state) states.set(tenantId, state)
      else missing.push(tenantId)
    }
    if (missing.length > 0) {
      for (const [tenantId, state] of await loadStates(tx, missing)) {
        states.set(tenantId, state)
        this.#states.set(tenantId, state)
      }
    }
    return states
  }

  async #ensurePartitions(tx: SequencerTx, batch: readonly Waiting[]): Promise<void> {
    for (const item of batch) {
      const at = item.entry.columns.received_at
      const month = at.slice(0, 7)
      if (this.#partitions.has(month)) continue
      await store.ensurePartition(tx, new Date(at))
      this.#partitions.add(month)
    }
  }

  async #tick(): Promise<void> {
    if (this.#stopped) return
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
      this.#partitions.clear()
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
    for (const item of this.#queue.take(Number.MAX_SAFE_INTEGER)) {
      item.reject(new DomainError('UNAVAILABLE', { reason, retry_after: 1 }))
    }
  }

  #transaction<T>(work: (tx: SequencerTx) => Promise<T>): Promise<T> {
    return sequencerTransaction(this.#database.sequencer, work)
  }
}

class LeaseLost extends Error {}

function isNew(outcome: Decided['outcome']): boolean {
  return typeof outcome !== 'string' && outcome.status === 'accepted'
}

function tell({ item, outcome }: Decided): void {
  if (outcome === 'conflict') item.reject(new DomainError('EVENT_ID_CONFLICT', { event_id: item.entry.eventId }))
  else if (outcome === 'erased') item.reject(new SealAgain())
  else item.resolve({ status: outcome.status, event_id: outcome.event_id, index: outcome.index })
}
