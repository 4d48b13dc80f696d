import fc from 'fast-check'
import type { Json, Leaf } from '../src/index.ts'

const uuids = fc.uuid()
const texts = fc.string({ unit: 'binary', maxLength: 40 })
const micros = fc.maxSafeInteger()
const actors = fc.oneof(
  fc.record({ id: uuids, type: fc.constant('person' as const) }, { noNullPrototype: true }),
  fc.record({ id: texts, type: fc.constantFrom('service' as const, 'system' as const) }, { noNullPrototype: true }),
)
const data = fc.dictionary(
  texts,
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }).map((value) => value as Json),
  {
    maxKeys: 5,
    noNullPrototype: true,
  },
)
const parts = fc.record(
  {
    subjects: fc.uniqueArray(uuids, { minLength: 1, maxLength: 3 }).map((subjects) => subjects.sort()),
    commit: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
  },
  { noNullPrototype: true },
)

/** Any leaf that formats §1 allows. */
export const leaves: fc.Arbitrary<Leaf> = fc.record(
  {
    v: fc.constant(1 as const),
    event_id: uuids,
    tenant_id: uuids,
    occurred_at: micros,
    received_at: micros,
    event_type: fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }).filter((text) => text.length > 0),
    actor: fc.option(actors),
    session: fc.option(texts),
    resource: fc.option(texts),
    action: fc.option(texts),
    outcome: fc.constantFrom('Success', 'Failure', 'Warning', 'Information'),
    risk_score: fc.option(fc.integer({ min: 0, max: 100 })),
    data,
    sealed: fc.array(parts, { maxLength: 3 }),
  },
  { noNullPrototype: true },
)
