import type { Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { handsOfToken } from './store.ts'

/**
 * Everybody in whose hand a call is, so that nobody gives themselves something through an application: who calls; whoever acts as
 * them; of a token whoever made it, with those in whose hand that call was; and who owns the application's account now.
 */
export async function handsOf(tx: Tx, { kind, id, userId, impersonatorId }: Principal): Promise<ReadonlySet<string>> {
  const behind = kind === 'token' ? await handsOfToken(tx, id) : []
  return new Set([userId, ...(impersonatorId === undefined ? [] : [impersonatorId]), ...behind])
}
