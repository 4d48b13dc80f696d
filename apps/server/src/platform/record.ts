import { actorOf, type Principal } from './authority.ts'
import type { Tx } from './database/transaction.ts'

/** An event of Probity's own, as a domain records it. */
export interface OwnEvent {
  /** With an id of the caller's, recording the same event again does nothing; `occurred_at` (microseconds) is then given too. */
  event_id?: string
  occurred_at?: number
  event_type: string
  /** Who did it; a person's id becomes a pseudonym in the leaf. Null: the system itself. */
  actor: { type: 'person' | 'service' | 'system'; id: string } | null
  session?: string | null
  resource: string
  action: string
  outcome: 'Success' | 'Failure' | 'Warning' | 'Information'
  risk_score?: number
  data?: Record<string, unknown>
  /** Personal fields of the actor: sealed, never in the leaf. */
  personal?: Record<string, unknown>
  /** Who really acts as the actor; missing: whoever the work is done on behalf of. */
  impersonator?: string | undefined
}

/**
 * Records inside the caller's transaction: the event is durable if and only if the transaction is.
 * Domains before audit get it by injection, so that none imports a later one.
 */
export type RecordEvent = (tx: Tx, event: OwnEvent) => Promise<{ event_id: string }>

/** The same of several events at once, in their order; answers their ids. */
export type RecordEvents = (tx: Tx, events: readonly OwnEvent[]) => Promise<string[]>

/** What happened, without who did it; it succeeded unless it says otherwise. */
export type Happened = Omit<OwnEvent, 'actor' | 'outcome'> & Partial<Pick<OwnEvent, 'outcome'>>

/** Records what somebody did (by id: a person; null: the system), or what happened to them, in the transaction in which it happens. */
export async function recordOf(
  record: RecordEvent,
  tx: Tx,
  by: string | Principal | null,
  happened: Happened,
): Promise<void> {
  const actor = typeof by === 'string' ? { type: 'person' as const, id: by } : by && actorOf(by)
  await record(tx, { outcome: 'Success', data: {}, ...happened, actor })
}
