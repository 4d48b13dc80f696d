import type pg from 'pg'

/** Calls `heard` at every NOTIFY of a channel. A lost connection is taken up again at the next `ensure`. */
export class Listener {
  readonly #pool: pg.Pool
  readonly #channel: string
  readonly #heard: () => void
  #client: pg.PoolClient | null = null
  #stopped = false

  constructor(pool: pg.Pool, channel: string, heard: () => void) {
    this.#pool = pool
    this.#channel = channel
    this.#heard = heard
  }

  /** Listens unless it does already. */
  async ensure(): Promise<void> {
    if (this.#client || this.#stopped) return
    const client = await this.#pool.connect()
    // Stopped, or connected twice, while it connected: a client that nobody gives back would keep the pool from its end.
    if (this.#client || this.#stopped) return client.release(true)
    this.#client = client
    const lost = () => {
      if (this.#client !== client) return
      this.#client = null
      client.release(true)
    }
    client.on('error', lost)
    client.on('end', lost)
    client.on('notification', this.#heard)
    await client.query(`LISTEN ${this.#channel}`).catch(lost)
  }

  stop(): void {
    this.#stopped = true
    const client = this.#client
    this.#client = null
    client?.release(true)
  }
}
