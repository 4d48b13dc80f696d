import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type TestServer, testServer } from '../../../test/support/server.ts'
import { byteaArray, byteaCutter } from './bytea-array.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))

test('PostgreSQL reads the array that was meant, NULL and nothing included', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(bytes), { maxLength: 20 }), async (values) => {
      const rows = await server.sql<{ value: Buffer | null }>(
        'SELECT value FROM unnest($1::bytea[]) WITH ORDINALITY AS u (value, place) ORDER BY place',
        [byteaArray(values)],
      )
      assert.deepEqual(
        rows.map(({ value }) => value),
        values,
      )
    }),
  )
})

test('what was put together is taken apart again', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (values) => {
      const next = byteaCutter(byteaArray(values))
      assert.deepEqual(
        values.map(() => next()),
        values,
      )
    }),
  )
})
