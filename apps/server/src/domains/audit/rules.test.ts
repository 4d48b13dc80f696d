import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { forColumn, formatCursor, parseCursor, takeFairly } from './rules.ts'

test('a cursor comes back as it was, and nothing else is a cursor', () => {
  const position = { received_at: '2026-11-24T10:00:00.000001Z', seq: 42 }
  assert.deepEqual(parseCursor(formatCursor(position)), position)
  fc.assert(
    fc.property(
      fc.string(),
      (text) => parseCursor(text) === null || formatCursor(parseCursor(text) ?? position) === text,
    ),
  )
})

test('a flood takes no more than its share while others wait, and nothing is lost or doubled', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 200 }),
      (sizes, limit) => {
        const queues = new Map(
          sizes.map((size, tenant) => [String(tenant), Array.from({ length: size }, (_, i) => `${tenant}/${i}`)]),
        )
        const taken = takeFairly(queues, limit)
        assert.equal(
          taken.length,
          Math.min(
            limit,
            sizes.reduce((a, b) => a + b),
          ),
        )
        const rest = [...queues.values()].flat()
        assert.equal(
          new Set([...taken, ...rest]).size,
          sizes.reduce((a, b) => a + b),
        )
        sizes.forEach((size, tenant) => {
          const got = taken.filter((item) => item.startsWith(`${tenant}/`)).length
          if (limit >= sizes.length)
            assert.ok(got >= Math.min(size, Math.floor(limit / sizes.length)), `tenant ${tenant} got ${got}`)
        })
      },
    ),
  )
})

test('text for a column has no NUL and at most 2,048 characters', () => {
  assert.equal(forColumn('a\u0000b'), 'a\ufffdb')
  assert.equal(forColumn('x'.repeat(3000))?.length, 2048)
  assert.equal(forColumn(null), null)
})
