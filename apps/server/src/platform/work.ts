import { type Clock, microsecondsToDate } from './clock.ts'
import type { Database } from './database/pools.ts'
import { type TransactionOptions, type Tx, tenantTransaction } from './database/transaction.ts'

export interface WorkDependencies {
  database: Database
  clock: Clock
  /** Told when it is committed that who a token of the tenant stands for may be another now. */
  callersChanged(tenantId: string): void
}

/** How a domain works in a tenant: in its transactions, at the time of the server's clock. */
export class Work {
  readonly #dependencies: WorkDependencies

  constructor(dependencies: WorkDependencies) {
    this.#dependencies = dependencies
  }

  run<T>(tenantId: string, work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return tenantTransaction(this.#dependencies.database.app, tenantId, work, options)
  }

  /** The same of statements that only read, and that are all sent before an answer is seen: there and back once. */
  look<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return tenantTransaction(this.#dependencies.database.app, tenantId, work, { readOnly: true, atOnce: true })
  }

  /** The same, of what changes who a token stands for, or ends one. */
  change<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.run(tenantId, (tx) => {
      tx.onCommit(() => this.#dependencies.callersChanged(tenantId))
      return work(tx)
    })
  }

  now(): Date {
    return microsecondsToDate(this.#dependencies.clock.now())
  }
}
