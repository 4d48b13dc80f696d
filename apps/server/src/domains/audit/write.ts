import type { Json } from '@probity/core'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { OwnEvent } from '../../platform/record.ts'
import type { Keys } from '../keys/index.ts'
import { readEvent } from './formats/index.ts'
import { EventRefused, type Format, type ObservedEvent } from './formats/observed-event.ts'
import { partsForInbox } from './inbox.ts'
import { type Prepared, prepare, type Refused } from './intake.ts'
import type { Accepted } from './queue.ts'
import { findEvent } from './reader.ts'
import { SealAgain, type Sequencer } from './sequencer.ts'
import * as store from './store.ts'

const INBOX_WAIT_MILLISECONDS = 3_000
const INBOX_POLL_MILLISECONDS = 15

export interface WriteDependencies {
  database: Database
  keys: Keys
  clock: Clock
  sequencer: Sequencer
}

/** Writes events of a format; answers each one's fate, in order. Acknowledged means durable. */
export async function writeEvents(
  dependencies: WriteDependencies,
  tenantId: string,
  format: Format,
  values: readonly Json[],
): Promise<(Accepted | Refused)[]> {
  const read = values.map((value) => readOne(format, value))
  const events = read.filter((one): one is ObservedEvent => !('status' in one))
  const written = await writeObserved(dependencies, tenantId, events)
  let at = 0
  return read.map((one) => ('status' in one ? one : (written[at++] as Accepted | Refused)))
}

function readOne(format: Format, value: Json): ObservedEvent | Refused {
  try {
    return readEvent(format, value)
  } catch (error) {
    if (error instanceof EventRefused)
      return { status: 'refused', code: 'EVENT_REFUSED', message: error.reason, pointer: error.pointer }
    throw error
  }
}

async function writeObserved(
  dependencies: WriteDependencies,
  tenantId: string,
  events: readonly ObservedEvent[],
): Promise<(Accepted | Refused)[]> {
  if (events.length === 0) return []
  const prepared = await prepare(dependencies, tenantId, events)
  if (!dependencies.sequencer.leads) return writeThroughInbox(dependencies, tenantId, prepared)
  return Promise.all(
    prepared.map((entry, i) =>
      'status' in entry ? entry : writeOne(dependencies, tenantId, entry, events[i] as ObservedEvent),
    ),
  )
}

async function writeOne(
  dependencies: WriteDependencies,
  tenantId: string,
  entry: Prepared,
  event: ObservedEvent,
): Promise<Accepted | Refused> {
  try {
    return await dependencies.sequencer.add(entry)
  } catch (error) {
    if (error instanceof SealAgain) {
      for (const part of entry.parts) dependencies.keys.subjects.evict(tenantId, part.subjects)
      return (await writeObserved(dependencies, tenantId, [event]))[0] as Accepted | Refused
    }
    if (error instanceof DomainError && error.code === 'EVENT_ID_CONFLICT') return conflict(entry.eventId)
    throw error
  }
}

function conflict(eventId: string): Refused {
  return {
    status: 'refused',
    code: 'EVENT_ID_CONFLICT',
    message: `an event with the id ${eventId} and other content is already recorded`,
  }
}

// Another process sequences. The inbox makes the events durable; what became of them is known when it has drained.
async function writeThroughInbox(
  dependencies: WriteDependencies,
  tenantId: string,
  prepared: readonly (Prepared | Refused)[],
): Promise<(Accepted | Refused)[]> {
  const { database, clock } = dependencies
  const entries = prepared.filter((entry): entry is Prepared => !('status' in entry))
  const rows = entries.map((entry) => inboxRow(entry, newId(clock.now())))
  const before = await run(database, tenantId, async (tx) => {
    const known = new Map<string, Buffer>()
    for (const { eventId, content } of entries) {
      const stored = content && (await store.readContent(tx, eventId))
      if (stored) known.set(eventId, stored.content)
    }
    await store.insertInbox(
      tx,
      rows.filter((row) => !known.has(row.event_id)),
    )
    return known
  })
  await drained(
    database,
    tenantId,
    rows.map((row) => row.id),
  )
  return run(database, tenantId, (tx) =>
    Promise.all(
      prepared.map(async (entry): Promise<Accepted | Refused> => {
        if ('status' in entry) return entry
        const stored = entry.content && (await store.readContent(tx, entry.eventId))
        if (entry.content && stored && !stored.content.equals(entry.content)) return conflict(entry.eventId)
        const index = stored ? stored.seq : await findEvent(tx, entry.eventId)
        return { status: before.has(entry.eventId) ? 'duplicate' : 'accepted', event_id: entry.eventId, index }
      }),
    ),
  )
}

async function drained(database: Database, tenantId: string, ids: string[]): Promise<void> {
  const end = Date.now() + INBOX_WAIT_MILLISECONDS
  while (Date.now() < end) {
    if (!(await run(database, tenantId, (tx) => store.isInInbox(tx, ids)))) return
    await new Promise((resolve) => setTimeout(resolve, INBOX_POLL_MILLISECONDS))
  }
}

function inboxRow(entry: Prepared, id: string) {
  return {
    tenant_id: entry.tenantId,
    id,
    event_id: entry.eventId,
    leaf: Buffer.from(entry.bytes),
    content: entry.content,
    parts: partsForInbox(entry),
  }
}

function run<T>(database: Database, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return tenantTransaction(database.app, tenantId, work)
}

/** Records an event of Probity's own inside the caller's transaction. */
export async function recordOwn(
  dependencies: WriteDependencies,
  tx: Tx,
  event: OwnEvent,
): Promise<{ event_id: string }> {
  const [entry] = await prepare(dependencies, tx.tenantId, [observe(event)])
  if (!entry || 'status' in entry) throw new Error('an event of our own could not be recorded')
  await store.insertInbox(tx, [inboxRow(entry, newId(dependencies.clock.now()))])
  tx.onCommit(() => dependencies.sequencer.wake())
  return { event_id: entry.eventId }
}

function observe(event: OwnEvent): ObservedEvent {
  const data = { ...event.data, ...(event.personal ? { personal: event.personal } : {}) } as ObservedEvent['data']
  return {
    event_id: null,
    occurred_at: null,
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
