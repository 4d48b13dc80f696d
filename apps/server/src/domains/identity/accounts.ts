import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import * as store from './store-accounts.ts'

export interface ClosingDependencies {
  database: Database
  clock: Clock
  keys: Keys
  /** Told when it is committed that who a token of the tenant stands for may be another now. */
  callersChanged(tenantId: string): void
}

/**
 * Closes the accounts of people who are erased: sessions end, the password and what the account was found by are
 * gone, and so is what was counted of their log-ins. The row stays, for what refers to it, and so do the tokens that
 * they made for applications. An id that is no user's is passed over.
 */
export async function closeAccounts(
  { database, clock, keys, callersChanged }: ClosingDependencies,
  tenantId: string,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return
  const accounts = await Promise.all(userIds.map((id) => keys.blindIndex(tenantId, 'login-account', `user:${id}`)))
  await tenantTransaction(database.app, tenantId, async (tx) => {
    tx.onCommit(() => callersChanged(tenantId))
    // In the order in which a log-in locks them.
    await store.forgetAttempts(tx, accounts)
    for (const id of userIds) await store.closeUser(tx, id, 'erased', microsecondsToDate(clock.now()))
  })
}
