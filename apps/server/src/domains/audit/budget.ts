import { DomainError } from '../../platform/errors.ts'

const MEGABYTE = 2 ** 20

/** What may be under way, by its cost. */
export interface Bounds {
  /** Of one tenant. */
  each: number
  /** Of all together. */
  all: number
}

const BOUNDS: Bounds = { each: 32 * MEGABYTE, all: 128 * MEGABYTE }
/** What bodies alone, or streams alone, may take of the room of all: the rest is the others', whom a flood can't shut out. */
const SHARE = 0.75
/** Bytes of memory that a byte of an event takes on its way, and those of an event besides. */
const A_BYTE = 4
const AN_EVENT = 512

/** Memory that events take until they are written, by their bytes as sent. */
export function costOf(bytes: number, events: number): number {
  return bytes * A_BYTE + events * AN_EVENT
}

/** Why a wait for room ended without room. */
export class SenderGone extends Error {}

type Kind = 'body' | 'stream'

interface Waiting {
  cost: number
  enter(): void
}

/**
 * What is on its way into the log: everything that a caller waits for is counted from when it was read until it is
 * durable, so that memory stays flat however long the database stands still. A body is refused where there is no room,
 * a stream waits for it and is read no further meanwhile: its sender is held by the connection.
 */
export class Budget {
  readonly #bounds: Bounds
  readonly #of = new Map<string, Room>()
  readonly #all: Room
  /** Streams, by tenant; a Map keeps the order of insertion, which is the order of their turns. */
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(bounds = BOUNDS) {
    this.#bounds = bounds
    this.#all = new Room(bounds.all, SHARE)
  }

  /** Makes room for a body, or throws RATE_LIMITED. What it answers gives the room back, once. */
  take(tenantId: string, cost: number): () => void {
    if (!this.#own(tenantId).fits('body', cost) || !this.#all.fits('body', cost))
      throw new DomainError('RATE_LIMITED', {
        reason: 'more events wait to be written than the server holds: send this one again in a moment',
        retry_after: 1,
      })
    return this.#enter(tenantId, 'body', cost)
  }

  /**
   * Waits for room for a piece of a stream, behind the streams that wait already. What it answers gives the room back,
   * once. Rejects with SenderGone when `gone` is aborted first.
   */
  wait(tenantId: string, cost: number, gone?: AbortSignal): Promise<() => void> {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    const leave = () => {
      this.#forget(tenantId, waiting)
      reject(new SenderGone())
    }
    const enter = () => {
      gone?.removeEventListener('abort', leave)
      resolve(this.#enter(tenantId, 'stream', cost))
    }
    const waiting = { cost, enter }
    this.#waiting.set(tenantId, [...(this.#waiting.get(tenantId) ?? []), waiting])
    if (gone?.aborted) leave()
    else gone?.addEventListener('abort', leave, { once: true })
    this.#admit()
    return promise
  }

  #own(tenantId: string): Room {
    return this.#of.get(tenantId) ?? new Room(this.#bounds.each)
  }

  #enter(tenantId: string, kind: Kind, cost: number): () => void {
    const own = this.#own(tenantId)
    this.#of.set(tenantId, own)
    for (const room of [own, this.#all]) room.add(kind, cost)
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      for (const room of [own, this.#all]) room.add(kind, -cost)
      if (own.isEmpty) this.#of.delete(tenantId)
      this.#admit()
    }
  }

  #forget(tenantId: string, waiting: Waiting): void {
    const left = this.#waiting.get(tenantId)?.filter((one) => one !== waiting) ?? []
    if (left.length > 0) this.#waiting.set(tenantId, left)
    else this.#waiting.delete(tenantId)
    this.#admit()
  }

  // One of each tenant in a round, and who was admitted goes to the end of it. Where the room of all is too small for
  // whose turn it is, nobody else takes what is left of it: a large piece would wait for ever.
  #admit(): void {
    for (const [tenantId, [first, ...others]] of this.#waiting) {
      if (!first || !this.#own(tenantId).fits('stream', first.cost)) continue
      if (!this.#all.fits('stream', first.cost)) return
      this.#waiting.delete(tenantId)
      if (others.length > 0) this.#waiting.set(tenantId, others)
      first.enter()
    }
  }
}

/** What is under way of a bound. */
class Room {
  readonly #bound: number
  /** Of either kind. */
  readonly #most: number
  readonly #taken = { body: 0, stream: 0 }

  constructor(bound: number, share = 1) {
    this.#bound = bound
    this.#most = bound * share
  }

  get isEmpty(): boolean {
    return this.#taken.body + this.#taken.stream === 0
  }

  // What is larger than all room, or than its share of it, enters alone.
  fits(kind: Kind, cost: number): boolean {
    const { body, stream } = this.#taken
    const withIt = this.#taken[kind] + cost
    return this.isEmpty || (body + stream + cost <= this.#bound && (withIt === cost || withIt <= this.#most))
  }

  add(kind: Kind, cost: number): void {
    this.#taken[kind] += cost
  }
}
