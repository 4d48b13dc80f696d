import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { impersonator } from '../../platform/impersonation.ts'
import type { OwnEvent } from '../../platform/record.ts'
import type { Keys } from '../keys/index.ts'
import type { Budget } from './budget.ts'
import type { ObservedEvent } from './formats/observed-event.ts'
import type { ReadableEvent } from './formats/plain-event.ts'
import { partsForInbox } from './inbox.ts'
import { prepare } from './intake/prepare.ts'
import type { Prepared, Refused } from './intake/prepared.ts'
import type { IntakeThreads } from './intake/threads.ts'
import type { Accepted } from './queue.ts'
import { findEvent, findOwn } from './reader.ts'
import type { Sequencer } from './sequencer.ts'
import * as store from './store.ts'

const INBOX_WAIT_MILLISECONDS = 3_000
const INBOX_POLL_MILLISECONDS = 15

export interface WriteDependencies {
  database: Database
  keys: Keys
  clock: Clock
  sequencer: Sequencer
  threads: IntakeThreads
  budget: Budget
}

/**
 * Writes events while another process sequences. The inbox makes them durable; what became of them is known when
 * it has drained. Index null: it has not drained yet.
 */
export async function writeThroughInbox(
  dependencies: WriteDependencies,
  tenantId: string,
  events: readonly ReadableEvent[],
): Promise<(Accepted | Refused)[]> {
  const run = <T>(work: (tx: Tx) => Promise<T>) => tenantTransaction(dependencies.database.app, tenantId, work)
  const { prepared, repeats, ids } = await putIntoInbox(dependencies, tenantId, events)
  await drained(run, ids)
  return run((tx) => Promise.all(prepared.map((entry) => fateOf(tx, entry, repeats))))
}

// Sealed before the transaction begins, so that nobody waits for a connection that waits for keys.
async function putIntoInbox(dependencies: WriteDependencies, tenantId: string, events: readonly ReadableEvent[]) {
  const { database, keys } = dependencies
  for (let tries = 0; tries < SEALING_TRIES; tries++) {
    const prepared = await prepare(dependencies, tenantId, events)
    const done = await tenantTransaction(database.app, tenantId, async (tx) => {
      const erased = await erasedIn(dependencies, tx, prepared)
      return erased.length > 0 ? { erased } : insertFresh(dependencies, tx, prepared)
    })
    if (!('erased' in done)) return done
    await keys.finishErasuresOf(tenantId, done.erased)
  }
  throw erasedAgain()
}

async function insertFresh({ clock }: WriteDependencies, tx: Tx, prepared: (Prepared | Refused)[]) {
  const taken = new Set<string>()
  const repeats = new Set<Prepared>()
  for (const [i, entry] of prepared.entries()) {
    if ('status' in entry) continue
    if (entry.content && (await findOwn(tx, entry.eventId)) !== null) prepared[i] = conflict(entry.eventId)
    else if (taken.has(entry.eventId) || (entry.content && (await store.readContent(tx, entry.eventId))))
      repeats.add(entry)
    taken.add(entry.eventId)
  }
  const fresh = prepared.filter((entry): entry is Prepared => !('status' in entry) && !repeats.has(entry))
  const rows = fresh.map((entry) => inboxRow(entry, newId(clock.now())))
  await store.insertInbox(tx, rows)
  return { prepared, repeats, ids: rows.map((row) => row.id) }
}

/** Records an event of Probity's own inside the caller's transaction. */
export async function recordOwn(
  dependencies: WriteDependencies,
  tx: Tx,
  event: OwnEvent,
): Promise<{ event_id: string }> {
  const [id] = await recordAllOwn(dependencies, tx, [event])
  return { event_id: id as string } // one event, one id
}

/** The same of several, in their order; answers their ids. */
export async function recordAllOwn(
  dependencies: WriteDependencies,
  tx: Tx,
  events: readonly OwnEvent[],
): Promise<string[]> {
  if (events.length === 0) return []
  const entries = await prepareForLiving(dependencies, tx, events.map(actedOut).map(observe))
  const rows = entries.map((entry) => {
    if ('status' in entry) throw new Error('an event of our own could not be recorded')
    return inboxRow(entry, newId(dependencies.clock.now()))
  })
  await store.insertInbox(tx, rows)
  tx.onCommit(() => dependencies.sequencer.wake())
  return rows.map(({ event_id }) => event_id)
}

/** With who really acts. */
function actedOut({ impersonator: told, ...event }: OwnEvent): OwnEvent {
  const acting = told ?? impersonator()
  return acting === undefined ? event : { ...event, data: { ...event.data, impersonator: acting } }
}

/** Times that an event is sealed anew because a person of it was erased meanwhile. */
export const SEALING_TRIES = 5

/** What a caller hears when a person is erased faster than an event of theirs can be sealed. */
export function erasedAgain(): DomainError {
  return new DomainError('UNAVAILABLE', {
    reason: 'a person in the event was erased again and again meanwhile; send it again',
    retry_after: 1,
  })
}

/** What a caller hears when an id is known with other content. */
export function conflict(eventId: string): Refused {
  return {
    status: 'refused',
    code: 'EVENT_ID_CONFLICT',
    message: `an event with the id ${eventId} and other content is already recorded`,
  }
}

// The caller's transaction holds a connection: what is waited for here takes none of the same pool.
async function prepareForLiving(
  dependencies: WriteDependencies,
  tx: Tx,
  events: readonly ReadableEvent[],
): Promise<(Prepared | Refused)[]> {
  for (let tries = 0; tries < SEALING_TRIES; tries++) {
    const prepared = await prepare(dependencies, tx.tenantId, events)
    const erased = await erasedIn(dependencies, tx, prepared)
    if (erased.length === 0) return prepared
    await dependencies.keys.finishErasuresOf(tx.tenantId, erased)
  }
  throw erasedAgain()
}

// Another node may have erased a person whose key is still cached here. The tombstone is looked at in the
// transaction that stores the sealed part; where there is one, the event is sealed again under a new pseudonym.
async function erasedIn({ keys }: WriteDependencies, tx: Tx, prepared: readonly (Prepared | Refused)[]) {
  const subjects = prepared.flatMap((entry) => ('status' in entry ? [] : entry.parts.flatMap((part) => part.subjects)))
  return subjects.length === 0 ? [] : keys.erased(tx, subjects)
}

async function fateOf(tx: Tx, entry: Prepared | Refused, repeats: ReadonlySet<Prepared>): Promise<Accepted | Refused> {
  if ('status' in entry) return entry
  const stored = entry.content && (await store.readContent(tx, entry.eventId))
  if (entry.content && stored && !stored.erased && !stored.content.equals(entry.content)) return conflict(entry.eventId)
  const index = stored ? stored.seq : await findEvent(tx, entry.eventId)
  return { status: repeats.has(entry) ? 'duplicate' : 'accepted', event_id: entry.eventId, index }
}

async function drained(run: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>, ids: string[]): Promise<void> {
  const end = Date.now() + INBOX_WAIT_MILLISECONDS
  while (Date.now() < end) {
    if (!(await run((tx) => store.isInInbox(tx, ids)))) return
    await new Promise((resolve) => setTimeout(resolve, INBOX_POLL_MILLISECONDS))
  }
}

function inboxRow(entry: Prepared, id: string) {
  return {
    tenant_id: entry.tenantId,
    id,
    event_id: entry.eventId,
    leaf: Buffer.from(entry.leaf.bytes),
    content: entry.content,
    parts: partsForInbox(entry),
  }
}

/** An event of Probity's own in the form of a format's. */
export function observe(event: OwnEvent): ObservedEvent {
  const data = { ...event.data, ...(event.personal ? { personal: event.personal } : {}) } as ObservedEvent['data']
  return {
    event_id: event.event_id ?? null,
    occurred_at: event.occurred_at ?? null,
    event_type: event.event_type,
    actor: event.actor ? { ...event.actor, aliases: [] } : null,
    session: event.session ?? null,
    resource: event.resource,
    action: event.action,
    outcome: event.outcome,
    risk_score: event.risk_score ?? null,
    data,
    people: [],
    personal: event.personal && event.actor?.type === 'person' ? [{ pointer: '/data/personal', person: -1 }] : [],
  }
}
