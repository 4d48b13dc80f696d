import type pg from 'pg'

/** What a listener is told. */
export interface Heard {
  /** A NOTIFY of the channel, with its payload. */
  notice(payload: string): void
  /** The connection was lost: notices may be missed from now on, until it listens again. */
  lost?(): void
}

/** Hears every NOTIFY of a channel. A lost connection is taken up again at the next `ensure`. */
export class Listener {
  readonly #pool: pg.Pool
  readonly #channel: string
  readonly #heard: Heard
  #client: pg.PoolClient | null = null
  #hears = false
  #stopped = false

  constructor(pool: pg.Pool, channel: string, heard: Heard) {
    this.#pool = pool
    this.#channel = channel
    this.#heard = heard
  }

  /** Whether it hears what is notified now. */
  get hears(): boolean {
    return this.#hears
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
      this.#hears = false
      client.release(true)
      this.#heard.lost?.()
    }
    client.on('error', lost)
    client.on('end', lost)
    client.on('notification', ({ payload }) => this.#heard.notice(payload ?? ''))
    await client.query(`LISTEN ${this.#channel}`).then(() => {
      this.#hears = this.#client === client
    }, lost)
  }

  stop(): void {
    this.#stopped = true
    this.#hears = false
    const client = this.#client
    this.#client = null
    client?.release(true)
  }
}
