import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { Json } from '@probity/core'
import { DomainError } from '../../platform/errors.ts'
import { readEvent } from './formats/index.ts'
import { EventRefused, type Format, type ObservedEvent } from './formats/observed-event.ts'
import { type Prepared, prepare, type Refused } from './intake.ts'
import type { Accepted } from './queue.ts'
import { SealAgain } from './sequencer.ts'
import { conflict, type WriteDependencies, writeThroughInbox } from './write-inbox.ts'

/** Events that are sealed and hashed in one go; between two goes other tenants have their turn. */
const SLICE = 16

type Fate = Accepted | Refused

/** Writes events of a format; answers each one's fate, in order. Acknowledged means durable. */
export async function writeEvents(
  dependencies: WriteDependencies,
  tenantId: string,
  format: Format,
  values: readonly Json[],
): Promise<Fate[]> {
  const fates: Promise<Fate>[] = []
  // Through the inbox all of them wait once.
  const slice = dependencies.sequencer.leads ? SLICE : Math.max(1, values.length)
  for (let at = 0; at < values.length; at += slice) {
    if (at > 0) await yieldToOthers()
    const read = values.slice(at, at + slice).map((value) => readOne(format, value))
    const events = read.filter((one): one is ObservedEvent => !('status' in one))
    const sent = await sendObserved(dependencies, tenantId, events)
    let next = 0
    for (const one of read) fates.push('status' in one ? Promise.resolve(one) : (sent[next++] as Promise<Fate>))
  }
  return Promise.all(fates)
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

/** Puts events into the sequencer's queue, in order. Their fates never go unhandled: Promise.all takes them up later. */
async function sendObserved(
  dependencies: WriteDependencies,
  tenantId: string,
  events: readonly ObservedEvent[],
): Promise<Promise<Fate>[]> {
  if (events.length === 0) return []
  const fates = dependencies.sequencer.leads
    ? (await prepare(dependencies, tenantId, events)).map(async (entry, i) =>
        'status' in entry ? entry : writeOne(dependencies, tenantId, entry, events[i] as ObservedEvent),
      )
    : (await writeThroughInbox(dependencies, tenantId, events)).map((fate) => Promise.resolve(fate))
  for (const fate of fates) fate.catch(() => undefined)
  return fates
}

async function writeOne(
  dependencies: WriteDependencies,
  tenantId: string,
  entry: Prepared,
  event: ObservedEvent,
): Promise<Fate> {
  try {
    return await dependencies.sequencer.add(entry)
  } catch (error) {
    if (error instanceof SealAgain) {
      for (const part of entry.parts) dependencies.keys.subjects.evict(tenantId, part.subjects)
      const [fate] = await sendObserved(dependencies, tenantId, [event])
      return fate as Promise<Fate>
    }
    if (error instanceof DomainError && error.code === 'EVENT_ID_CONFLICT') return conflict(entry.eventId)
    throw error
  }
}
