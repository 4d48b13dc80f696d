import type { Json } from '@probity/core'
import { DomainError } from '../../platform/errors.ts'
import { readEvent } from './formats/index.ts'
import { EventRefused, type Format, type ObservedEvent } from './formats/observed-event.ts'
import { type Prepared, prepare, type Refused } from './intake.ts'
import type { Accepted } from './queue.ts'
import { SealAgain } from './sequencer.ts'
import { conflict, type WriteDependencies, writeThroughInbox } from './write-inbox.ts'

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
  if (!dependencies.sequencer.leads) return writeThroughInbox(dependencies, tenantId, events)
  const prepared = await prepare(dependencies, tenantId, events)
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
