import { availableParallelism } from 'node:os'
import type { ErrorCode } from '@probity/contract'
import { AskedThread } from '../../../platform/asked-thread.ts'
import type { Clock } from '../../../platform/clock.ts'
import { DomainError } from '../../../platform/errors.ts'
import { Turns } from '../../../platform/turns.ts'
import { CONTENT_FIELD, type DataKey, DIGEST_FIELD, type Identity, packKeys } from '../../keys/index.ts'
import { PART_FIELD } from '../rules.ts'
import { type PackedBatch, unpackBatch } from './packing.ts'
import type { Prepared, Refused } from './prepared.ts'
import type { Source } from './source.ts'
import { type Answer, type Question, type ReadAnswer, ROLE, type SealAnswer, THREAD } from './thread.ts'

/** One event of a source: ready for the log, or refused. */
export interface Made {
  line: number
  event: Prepared | Refused
}

/** What a thread made of a source: the batch of those that are ready, and the fate of each line. */
export interface MadeSource {
  batch: PackedBatch
  /** Line of each event of the source in order, with why it was refused; null: it is the batch's next. */
  lines: { line: number; refused: Refused | null }[]
}

/** Opens the keys that a source needs. */
export type KeysOf = (identities: readonly Identity[]) => Promise<{ keys: readonly DataKey[]; own: DataKey }>

const MOST_THREADS = 8
/** Sources at once in a thread: while one waits for its keys another is read. */
const JOBS_A_THREAD = 2

/**
 * Threads that read, seal and hash what comes in bulk, so that a flood leaves this thread free for others. Owns them
 * and the turns that tenants have at them. Nothing in a thread is durable; one that dies fails its sources alone.
 */
export class IntakeThreads {
  readonly #clock: Clock
  readonly #threads: Thread[] = []
  readonly #most: number
  readonly #turns: Turns
  readonly #isShared: () => boolean
  #nextJob = 0

  /** `isShared`: whether several tenants write now; a flood then has only part of a thread's time. */
  constructor({ clock, isShared }: { clock: Clock; isShared: () => boolean }) {
    this.#clock = clock
    this.#isShared = isShared
    this.#most = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1))
    this.#turns = new Turns({ slots: this.#most * JOBS_A_THREAD, isShared })
  }

  /**
   * Makes the events of a source ready for the log, in order. Throws what readSource throws, and UNAVAILABLE.
   */
  prepare(tenantId: string, source: Source, keysOf: KeysOf): Promise<MadeSource> {
    return this.#turns.take(tenantId, async () => {
      const thread = this.#thread()
      const job = this.#nextJob++
      const read = await thread.read(job, source)
      try {
        const { keys, own } = await keysOf(read.identities)
        // Twice: an event whose data a leaf can't hold is made a second time.
        const received = this.#clock.now(read.lines.length * 2 + 1)
        const fields = [PART_FIELD, CONTENT_FIELD]
        const seal = {
          tenantId,
          received,
          keys: packKeys(keys, fields),
          own: packKeys([own], [...fields, DIGEST_FIELD]),
          asWhole: !this.#isShared(), // while several write, a flush takes only a few of one
        }
        return inOrder(read, await thread.seal(job, seal))
      } catch (error) {
        thread.forget(job)
        throw error
      }
    })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.stop()))
  }

  /** The one with the least to do; another is started while all have something. */
  #thread(): Thread {
    const living = this.#threads.filter((thread) => !thread.ended)
    this.#threads.splice(0, this.#threads.length, ...living)
    const [idlest] = living.toSorted((a, b) => a.load - b.load)
    if (idlest && (idlest.load === 0 || living.length >= this.#most)) return idlest
    const started = new Thread()
    this.#threads.push(started)
    return started
  }
}

function inOrder({ lines, refused }: ReadAnswer, sealed: SealAnswer): MadeSource {
  const unread = new Map(refused)
  const unsealed = new Map(sealed.refused)
  let readable = 0
  const fates = lines.map((line, place) => ({
    line,
    refused: unread.get(place) ?? unsealed.get(readable++) ?? null,
  }))
  const ready = fates.reduce((sum, fate) => sum + Number(fate.refused === null), 0)
  if (ready !== sealed.batch.count) throw new Error('a thread lost an event')
  return { batch: sealed.batch, lines: fates }
}

/** The events one by one; they are unpacked as they are taken. */
export function* oneByOne({ batch, lines }: MadeSource): Generator<Made> {
  const prepared = unpackBatch(batch)
  for (const { line, refused } of lines) yield { line, event: refused ?? (prepared.next().value as Prepared) }
}

/** One thread. */
class Thread extends AskedThread<Question, Answer> {
  constructor() {
    super(THREAD, ROLE, gone)
  }

  async read(job: number, source: Source): Promise<ReadAnswer> {
    const bytes = new Uint8Array(source.bytes) // the caller's stay: an event may have to be read once more
    const answer = await this.ask({ job, read: { ...source, bytes } }, [bytes.buffer])
    if (!('read' in answer)) throw errorOf(answer)
    return answer.read
  }

  async seal(job: number, seal: Extract<Question, { seal: unknown }>['seal']): Promise<SealAnswer> {
    const answer = await this.ask({ job, seal }, [])
    if (!('sealed' in answer)) throw errorOf(answer)
    return answer.sealed
  }

  forget(job: number): void {
    this.tell({ job, forget: true })
  }
}

function gone(): DomainError {
  return new DomainError('UNAVAILABLE', {
    reason: 'a thread of the server ended; send the events again',
    retry_after: 1,
  })
}

function errorOf(answer: Answer): Error {
  if (!('error' in answer) || answer.error.code === 'INTERNAL') return new Error('a thread could not make events ready')
  return new DomainError(answer.error.code as ErrorCode, { ...answer.error.details })
}
