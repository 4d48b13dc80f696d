import type pg from 'pg'

/** Calls `heard` at every NOTIFY of a channel. A lost connection is taken up again at the next `ensure`. */
export class Listener {
  readonly #pool: pg.Pool
  readonly #channel: string
  readonly #heard: () => void
  #client: pg.PoolClient | null = null

  constructor(pool: pg.Pool, channel: string, heard: () => void) {
    this.#pool = pool
    this.#channel = channel
    this.#heard = heard
  }

  /** Listens unless it does already. */
  async ensure(): Promise<void> {
    if (this.#client) return
    const client = await this.#pool.connect()
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
    const client = this.#client
    this.#client = null
    client?.release(true)
  }
}
