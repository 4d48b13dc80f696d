import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { openProfiles } from './profile.ts'
import { normalizeName } from './rules.ts'
import { readMakers } from './store-accounts.ts'

/**
 * Why two accounts may well be the same person's, so that one does not approve what the other wrote; null: nothing says so.
 * `made`: one made the other after a time, such as that of what is to be approved.
 */
export async function sharedOwner(
  keys: Keys,
  tx: Tx,
  accounts: readonly [string, string],
  since: Date,
): Promise<'account' | 'mailbox' | 'made' | null> {
  const [one, other] = accounts
  if (one === other) return 'account'
  const rows = await readMakers(tx, accounts)
  const isMade = rows.some(
    ({ id, created_by, created_at }) => created_at > since && created_by === (id === one ? other : one),
  )
  if (isMade) return 'made'
  const [first, second] = (await openProfiles(keys, tx.tenantId, rows)).map(({ email }) => mailboxOf(email))
  return first === second ? 'mailbox' : null
}

/** Where mail to an address ends: without what is behind a plus, which is the sender's to choose. */
function mailboxOf(email: string): string {
  const [local = '', domain = ''] = normalizeName(email).split('@')
  return `${local.split('+')[0]}@${domain}`
}
