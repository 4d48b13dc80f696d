import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { newId } from '../../platform/ids.ts'
import type { Difference, RulingVersion } from '../access/index.ts'
import type { DataKey } from '../keys/index.ts'
import { rulingOf } from './rules.ts'
import { listRulings } from './store.ts'
import { keepDifferences } from './told-differences.ts'

/** What access policies are to decisions, which know nothing else of them. */
export class ActivePolicies {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly rulings = async (tx: Tx, at: Date): Promise<RulingVersion[]> => (await listRulings(tx, at)).map(rulingOf)

  readonly noteDifferences = (tx: Tx, key: DataKey, differences: readonly Difference[]): Promise<void> =>
    keepDifferences(tx, key, differences, () => newId(this.#clock.now()))
}
