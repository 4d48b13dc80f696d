import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { newId } from '../../platform/ids.ts'
import type { Difference, RulingVersion } from '../access/index.ts'
import { rulingOf, withoutPast } from './rules.ts'
import { listRulings } from './store.ts'
import { insertDifferences } from './store-differences.ts'

/** What access policies are to decisions, which know nothing else of them. */
export class ActivePolicies {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly rulings = async (tx: Tx): Promise<RulingVersion[]> =>
    withoutPast(await listRulings(tx), microsecondsToDate(this.#clock.now())).map(rulingOf)

  readonly noteDifferences = async (tx: Tx, differences: readonly Difference[]): Promise<void> => {
    if (differences.length === 0) return
    const rows = differences.map(({ beside, decisionId, at, principal, action, resource, would }) => ({
      ...{ id: newId(this.#clock.now()), policy_id: beside.policyId, version: beside.version },
      ...{ decision_id: decisionId, decided_at: at, principal, action, resource, would },
    }))
    await insertDifferences(tx, rows)
  }
}
