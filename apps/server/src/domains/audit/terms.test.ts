import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type TestServer, testServer } from '../../../test/support/server.ts'
import { filterOfTerms, mayHold, type Term, termOf } from './terms.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

/** How many of the terms a filter may hold, by the SQL that searches use. */
async function held(filter: Buffer | null, terms: readonly Term[]): Promise<number> {
  const [row] = await server.sql<{ held: number }>(
    `SELECT count(*)::int AS held FROM unnest($2::bigint[], $3::bigint[]) AS u (first, step), (SELECT $1::bytea AS filter) f
     WHERE ${mayHold('filter', 'first', 'step')}`,
    [filter, terms.map(({ first }) => first), terms.map(({ step }) => step)],
  )
  return row?.held ?? -1
}

const pairs = (terms: readonly Term[]) => terms.flatMap(({ first, step }) => [first, step])

test('a filter may hold every term that it was made of', async () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 2 }))
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 3000 }), async (values) => {
      const terms = values.map((one) => termOf('who', one))
      assert.equal(await held(filterOfTerms([pairs(terms)]), terms), terms.length)
    }),
    { numRuns: 50 },
  )
})

test('of terms that it was not made of it may hold hardly any', async () => {
  const terms = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => termOf('who', prefix + i))
  for (const size of [1, 10, 600]) {
    const filter = filterOfTerms([pairs(terms(size, 'user-'))])
    const wrong = await held(filter, terms(20_000, 'other-'))
    assert.ok(wrong < 40, `${wrong} of 20,000 seem to be among ${size}`)
  }
})

test('the same value of another member is another term, and without a filter anything may be there', async () => {
  const filter = filterOfTerms([pairs([termOf('action', 'read')])])
  assert.equal(await held(filter, [termOf('action', 'read')]), 1)
  assert.equal(await held(filter, [termOf('resource', 'read'), termOf('event_type', 'read')]), 0)
  assert.equal(await held(null, [termOf('resource', 'read')]), 1)
})
