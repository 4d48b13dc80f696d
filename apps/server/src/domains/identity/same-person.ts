import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { openProfiles } from './profile.ts'
import { normalizeName } from './rules.ts'
import { type MakerRow, readMakers } from './store-accounts.ts'

const DAY = 86_400_000
/** How long before it was written an address counts as one that was changed for it. */
const BEFORE_DAYS = 30

/** What somebody wrote, and is not to be approved by themselves. */
export interface Authored {
  by: string
  at: Date
  /** Where mail to the author ended then: `mailboxOf`; it is not kept of everything, and where it ends now always counts. */
  mailbox?: Buffer
}

/**
 * Why an account may well be the same person's as that of an author; null: nothing says so. `made`: the author made it after
 * they wrote, also by an account that they made. `readdressed`: the author gave it another address, and so can log in to it.
 */
export async function sharedOwner(
  keys: Keys,
  tx: Tx,
  account: string,
  author: Authored,
): Promise<'account' | 'mailbox' | 'made' | 'readdressed' | null> {
  if (account === author.by) return 'account'
  const makers = await readMakers(tx, account)
  const [own, ...made] = makers
  if (!own) return null
  if ([own, ...made].some((one) => one.created_by === author.by && isMadeAfter(makers, one, author.at))) return 'made'
  const since = author.at.getTime() - BEFORE_DAYS * DAY
  if (own.readdressed_by === author.by && (own.readdressed_at?.getTime() ?? 0) > since) return 'readdressed'
  const mailbox = await indexOf(keys, tx, own)
  return author.mailbox?.equals(mailbox) || mailbox.equals(await mailboxOf(keys, tx, author.by)) ? 'mailbox' : null
}

/** Whether it and all that it made on the way to the account are of after a time. */
function isMadeAfter(makers: readonly MakerRow[], last: MakerRow, at: Date): boolean {
  return makers.slice(0, makers.indexOf(last) + 1).every(({ created_at }) => created_at > at)
}

/** A blind index of where mail to somebody ends now. */
export async function mailboxOf(keys: Keys, tx: Tx, userId: string): Promise<Buffer> {
  const [own] = await readMakers(tx, userId)
  return indexOf(keys, tx, own ?? { id: userId, profile_sealed: Buffer.alloc(0) })
}

async function indexOf(keys: Keys, tx: Tx, account: Pick<MakerRow, 'id' | 'profile_sealed'>): Promise<Buffer> {
  const [profile] = account.profile_sealed.length > 0 ? await openProfiles(keys, tx.tenantId, [account]) : []
  const [local = '', domain = ''] = normalizeName(profile?.email ?? account.id).split('@')
  // What is behind a plus is the sender's to choose.
  return keys.blindIndex(tx.tenantId, 'mailbox', `${local.split('+')[0]}@${domain}`)
}
