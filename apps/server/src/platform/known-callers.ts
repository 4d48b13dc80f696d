import type { Logger } from 'pino'
import { BoundedMap } from './bounded-map.ts'
import { Listener } from './database/listen.ts'
import type { Database } from './database/pools.ts'

const TENANTS = 5_000
const CALLERS = 20_000
/** How long a caller is known at most: a connection that died without a word is found out later. */
const MILLISECONDS = 1_000
const LISTEN_AGAIN_MILLISECONDS = 500

/** Stands for what a tenant's callers are until something of them changes: then it has another. */
type Version = object

interface Known<T> {
  value: T
  tenantId: string
  version: Version
  /** By performance.now(). */
  until: number
}

/**
 * Remembers for a moment who callers are, by what they showed (ADR 0012). PostgreSQL tells every server when a token,
 * session, user or tenant changes, and what was known of that tenant is forgotten. A server that does not hear it knows
 * nobody: each call is looked up then. Owns the connection it hears on.
 */
export class KnownCallers<T> {
  readonly #listener: Listener
  readonly #log: Logger
  readonly #versions = new BoundedMap<string, Version>(TENANTS)
  readonly #callers = new BoundedMap<string, Known<T>>(CALLERS)
  #timer: NodeJS.Timeout | null = null

  readonly #milliseconds: number

  constructor(database: Database, log: Logger, milliseconds = MILLISECONDS) {
    this.#log = log
    this.#milliseconds = milliseconds
    this.#listener = new Listener(database.operator, 'callers_changed', {
      notice: (tenantId) => this.forget(tenantId),
      lost: () => this.#lost(),
    })
  }

  async start(): Promise<void> {
    await this.#listen()
    this.#timer = setInterval(() => void this.#listen(), LISTEN_AGAIN_MILLISECONDS).unref()
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#listener.stop()
    this.#versions.clear()
  }

  find(key: string): T | undefined {
    const known = this.#callers.get(key)
    if (!known || known.until < performance.now()) return undefined
    return this.#versions.get(known.tenantId) === known.version ? known.value : undefined
  }

  /**
   * To be asked for before a caller is looked up. What it answers remembers what was found, unless something of the
   * tenant changed meanwhile.
   */
  beforeLooking(tenantId: string): (key: string, value: T) => void {
    const version = this.#versions.get(tenantId) ?? {}
    this.#versions.set(tenantId, version)
    return (key, value) => {
      if (this.#listener.hears && this.#versions.get(tenantId) === version)
        this.#callers.set(key, { value, tenantId, version, until: performance.now() + this.#milliseconds })
    }
  }

  /** To be called by who changed something, when it is committed: the notice comes a moment later. */
  forget(tenantId: string): void {
    this.#versions.delete(tenantId)
  }

  #lost(): void {
    this.#versions.clear()
    this.#log.warn('changes of callers are not heard for now: each call is looked up')
  }

  // A database that does not answer is told of by whatever needs it.
  async #listen(): Promise<void> {
    await this.#listener.ensure().catch(() => undefined)
  }
}
