import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { ReadableEvent } from './formats/plain-event.ts'
import { idAt } from './intake/packing.ts'
import { prepare } from './intake/prepare.ts'
import type { Prepared, Refused } from './intake/prepared.ts'
import { eventsOf, isRefused, readSource, type Source } from './intake/source.ts'
import { type Made, type MadeSource, oneByOne } from './intake/threads.ts'
import type { Accepted } from './queue.ts'
import { OneByOne, SealAgain } from './sequencer.ts'
import { conflict, erasedAgain, SEALING_TRIES, type WriteDependencies, writeThroughInbox } from './write-inbox.ts'

/** Bytes of a source that this thread makes ready itself: a thread's answer would come later than its own. */
const SMALL = 8192
/** Events that are put into the queue in one go; between two goes others have their turn. */
const TURN = 128

export type Fate = Accepted | Refused

/** What became of an event; `line` counts from 0 within its source. */
export interface Written {
  line: number
  fate: Fate
}

/** Writes the events of a source; answers each one's fate, in order. Acknowledged means durable. */
export async function writeSource(
  dependencies: WriteDependencies,
  tenantId: string,
  source: Source,
): Promise<Written[]> {
  if (!dependencies.sequencer.leads) return writeElsewhere(dependencies, tenantId, source)
  const { settled } = await enqueueSource(dependencies, tenantId, source)
  return settled
}

/** A source whose events have their place in the queue of the sequencer; `settled` tells what became of them. */
export interface Enqueued {
  asWhole: boolean
  settled: Promise<Written[]>
}

/**
 * Puts the events of a source into the queue of the sequencer, in order. They are received when `before` is over, and
 * come after what it put there: so a stream stands in the log in its order, and its times ascend as its indexes do.
 */
export async function enqueueSource(
  dependencies: WriteDependencies,
  tenantId: string,
  source: Source,
  before: Promise<Enqueued | null> = Promise.resolve(null),
): Promise<Enqueued> {
  if (source.bytes.length <= SMALL) {
    const previous = await before
    await previous?.settled.catch(() => undefined) // a batch that still waits would be overtaken
    return enqueueEach(dependencies, source, await makeHere(dependencies, tenantId, source))
  }
  const made = await dependencies.threads.prepare(tenantId, source, async (identities) => {
    const { subjects } = dependencies.keys
    const keys = await subjects.resolve(tenantId, identities)
    const own = await subjects.ownKey(tenantId)
    await before
    return { keys, own }
  })
  const asWhole = made.batch.count > 0 && made.batch.rows !== null
  const previous = await before
  if (previous && previous.asWhole !== asWhole) await previous.settled.catch(() => undefined) // else it would be overtaken
  if (!asWhole) return enqueueEach(dependencies, source, oneByOne(made))
  const settled = writeWhole(dependencies, source, made)
  settled.catch(() => undefined) // told by `settled`
  return { asWhole, settled }
}

async function writeWhole(dependencies: WriteDependencies, source: Source, made: MadeSource): Promise<Written[]> {
  try {
    const outcome = await dependencies.sequencer.addBatch(made.batch)
    return 'first' in outcome
      ? acceptedFrom(made, outcome.first)
      : Promise.all(settleEach(dependencies, source, made, outcome.each))
  } catch (error) {
    if (!(error instanceof OneByOne)) throw error
    const { settled } = await enqueueEach(dependencies, source, oneByOne(made))
    return settled
  }
}

function acceptedFrom({ batch, lines }: MadeSource, first: number): Written[] {
  let next = 0
  return lines.map(({ line, refused }) => {
    if (refused) return { line, fate: refused }
    const place = next++
    return { line, fate: { status: 'accepted', event_id: idAt(batch, place), index: first + place } }
  })
}

function settleEach(
  dependencies: WriteDependencies,
  source: Source,
  made: MadeSource,
  added: readonly Promise<Accepted>[],
): Promise<Written>[] {
  let next = 0
  return [...oneByOne(made)].map(async ({ line, event }, place) => ({
    line,
    fate: isRefused(event)
      ? event
      : await fateOf(dependencies, event, added[next++] as Promise<Accepted>, () => readAgain(source, place)),
  }))
}

async function enqueueEach(dependencies: WriteDependencies, source: Source, made: Iterable<Made>): Promise<Enqueued> {
  const writing: Promise<Written>[] = []
  for (const { line, event } of made) {
    const place = writing.length
    if (place > 0 && place % TURN === 0) await yieldToOthers()
    const fate = isRefused(event) ? event : writeOne(dependencies, event, () => readAgain(source, place))
    const written = Promise.resolve(fate).then((known) => ({ line, fate: known }))
    written.catch(() => undefined) // told by `settled`
    writing.push(written)
  }
  return { asWhole: false, settled: Promise.all(writing) }
}

async function writeElsewhere(dependencies: WriteDependencies, tenantId: string, source: Source): Promise<Written[]> {
  const read = readSource(source)
  const fates = await writeThroughInbox(dependencies, tenantId, eventsOf(read))
  let next = 0
  return read.map(({ line, event }) => ({ line, fate: isRefused(event) ? event : (fates[next++] as Fate) }))
}

async function makeHere(dependencies: WriteDependencies, tenantId: string, source: Source): Promise<Made[]> {
  const read = readSource(source)
  const prepared = await prepare(dependencies, tenantId, eventsOf(read))
  let next = 0
  return read.map(({ line, event }) => ({
    line,
    event: isRefused(event) ? event : (prepared[next++] as Prepared | Refused),
  }))
}

function readAgain(source: Source, place: number): ReadableEvent {
  const event = readSource(source)[place]?.event
  if (!event || isRefused(event)) throw new Error('an event that was read can not be read again')
  return event
}

function writeOne(
  dependencies: WriteDependencies,
  entry: Prepared,
  again: () => ReadableEvent,
  tries = SEALING_TRIES,
): Promise<Fate> {
  return fateOf(dependencies, entry, dependencies.sequencer.add(entry), again, tries)
}

async function fateOf(
  dependencies: WriteDependencies,
  entry: Prepared,
  added: Promise<Accepted>,
  again: () => ReadableEvent,
  tries = SEALING_TRIES,
): Promise<Fate> {
  try {
    return await added
  } catch (error) {
    if (error instanceof SealAgain) return sealAgain(dependencies, entry, again(), tries)
    if (error instanceof DomainError && error.code === 'EVENT_ID_CONFLICT') return conflict(entry.eventId)
    throw error
  }
}

// A person of it was erased since it was sealed: their next pseudonym gets it.
async function sealAgain(
  dependencies: WriteDependencies,
  entry: Prepared,
  event: ReadableEvent,
  tries: number,
): Promise<Fate> {
  if (tries === 0) throw erasedAgain()
  const { database, keys } = dependencies
  const subjects = entry.parts.flatMap((part) => part.subjects)
  const tombstones = await tenantTransaction(database.app, entry.tenantId, (tx) => keys.erased(tx, subjects))
  await keys.finishErasuresOf(entry.tenantId, tombstones)
  const [made] = await prepare(dependencies, entry.tenantId, [event])
  if (!made || isRefused(made)) throw new Error('an event that was ready can not be made ready again')
  return writeOne(dependencies, made, () => event, tries - 1)
}
