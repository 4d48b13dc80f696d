import { actorOf, type Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import type { RecordEvent } from '../../platform/record.ts'

/** What happened to an account, session or token. */
export interface Happened {
  event_type: string
  resource: string
  action: string
  data?: Record<string, unknown>
  personal?: Record<string, unknown>
  outcome?: 'Success' | 'Failure'
  risk_score?: number
}

/** Stands for whoever tries names that nobody has, or comes back from a provider with an answer that is none. */
export const UNKNOWN_PERSON = 'unknown:login'

/** Records what a user did (by id: a person), or what happened to them, in the transaction in which it happens. */
export async function recordOf(record: RecordEvent, tx: Tx, by: string | Principal, happened: Happened): Promise<void> {
  const actor = typeof by === 'string' ? { type: 'person' as const, id: by } : actorOf(by)
  await record(tx, { outcome: 'Success', data: {}, ...happened, actor })
}
