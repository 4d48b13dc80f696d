import type { Clock } from '../../platform/clock.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Work } from '../../platform/work.ts'
import * as store from './store-moments.ts'

const KEPT_MILLISECONDS = 30 * 86_400_000

/**
 * Moments as rows: a database that has one has all that was committed before it, whatever happened to it since. How far
 * PostgreSQL has written would not do: a database that was put back to earlier soon has written as much again.
 */
export class Moments {
  readonly #work: Work
  readonly #clock: Clock

  constructor({ work, clock }: { work: Work; clock: Clock }) {
    this.#work = work
    this.#clock = clock
  }

  async now(tenantId: string): Promise<{ moment: string }> {
    const moment = newId(this.#clock.now())
    await this.#work.run(tenantId, (tx) => store.insertMoment(tx, moment, this.#work.now()))
    return { moment }
  }

  /** Throws MOMENT_UNKNOWN for one that this database does not have. */
  async requireReached(tenantId: string, moment: string): Promise<void> {
    if (!(await this.#work.look(tenantId, (tx) => store.hasMoment(tx, moment)))) throw new DomainError('MOMENT_UNKNOWN')
  }

  async sweep(tenantId: string): Promise<void> {
    const before = new Date(this.#work.now().getTime() - KEPT_MILLISECONDS)
    await this.#work.run(tenantId, (tx) => store.deleteMomentsBefore(tx, before))
  }
}
