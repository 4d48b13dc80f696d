import { answerQuestions } from '../../../platform/asked-thread.ts'
import { callersError } from '../../../platform/http/problem.ts'
import { type Identity, type PackedKeys, unpackKeys } from '../../keys/index.ts'
import { Intake } from './intake.ts'
import { type PackedBatch, packBatch } from './packing.ts'
import type { Prepared, Refused } from './prepared.ts'
import { eventsOf, isRefused, readSource, type Source } from './source.ts'

// What a thread does: reads a source and tells whose keys it needs, then seals and hashes with them. It holds an
// event in clear between the two and a key while it seals; nothing of either outlives the job.

/** What a thread of the intake is told that it is. */
export const ROLE = 'probity-intake'
export const THREAD = new URL(import.meta.url)

/** What a thread is asked: to read, then for the same job to seal or to forget. */
export type Question =
  | { job: number; read: Source }
  | { job: number; seal: SealQuestion }
  | { job: number; forget: true }
export interface SealQuestion {
  tenantId: string
  /** Time of receipt of the first event, microseconds; each next one is one later. */
  received: number
  keys: PackedKeys
  own: PackedKeys
  /** Whether the events are to be written as a whole. */
  asWhole: boolean
}

/** What was read: the line of each event, those refused by their place, and whose keys the others need. */
export interface ReadAnswer {
  lines: number[]
  refused: [place: number, refusal: Refused][]
  identities: Identity[]
}
/** What was sealed: those refused by their place among the events that were read, and the rest. */
export interface SealAnswer {
  refused: [place: number, refusal: Refused][]
  batch: PackedBatch
}
export type Answer = { read: ReadAnswer } | { sealed: SealAnswer } | { error: { code: string; details: object } }

const jobs = new Map<number, Intake>()

answerQuestions<Question, Answer>(ROLE, (question, answer) => {
  if ('forget' in question) {
    jobs.delete(question.job)
    return
  }
  try {
    if ('read' in question) {
      answer({ read: read(question.job, question.read) }, [])
      return
    }
    const { refused, prepared } = sealed(question.job, question.seal)
    const { packed, transfer } = packBatch(question.seal.tenantId, prepared, question.seal.asWhole)
    answer({ sealed: { refused, batch: packed } }, transfer)
  } catch (error) {
    jobs.delete(question.job)
    answer({ error: described(error) }, [])
  }
})

function read(job: number, source: Source): ReadAnswer {
  const found = readSource(source)
  const intake = new Intake(eventsOf(found))
  jobs.set(job, intake)
  return {
    lines: found.map(({ line }) => line),
    refused: found.flatMap(({ event }, place) => (isRefused(event) ? [[place, event] as [number, Refused]] : [])),
    identities: intake.identities,
  }
}

function sealed(job: number, { tenantId, received, keys, own }: SealQuestion) {
  const intake = jobs.get(job)
  if (!intake) throw new Error('the job was not read')
  jobs.delete(job)
  let next = received
  const made = intake.seal({
    tenantId,
    received: () => next++,
    keys: unpackKeys(keys),
    own: unpackKeys(own)[0] ?? null,
  })
  const refused: [number, Refused][] = []
  const prepared: Prepared[] = []
  for (const [place, one] of made.entries()) {
    if (one === null) throw new Error('an event needs the tenant’s own key')
    if (isRefused(one)) refused.push([place, one])
    else prepared.push(one)
  }
  return { refused, prepared }
}

// An error's message may quote what was read; only what is meant for callers leaves the thread.
function described(error: unknown): { code: string; details: object } {
  const known = callersError(error)
  return known ? { code: known.code, details: known.details } : { code: 'INTERNAL', details: {} }
}
