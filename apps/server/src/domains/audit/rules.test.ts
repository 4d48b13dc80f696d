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

test('a cursor names a day that there is, and is written in one way only', () => {
  const cursor = (text: string) => Buffer.from(text).toString('base64url')
  for (const text of [
    '0000-01-01T00:00:00.000000Z/1',
    '1969-12-31T23:59:59.999999Z/1',
    '2026-02-30T00:00:00.000000Z/1',
    '2026-02-29T00:00:00.000000Z/5',
    '2026-01-01T24:00:00.000000Z/1',
    '2026-12-31T23:59:60.000000Z/1',
    '2026-11-24T10:00:00.000001Z/042',
  ])
    assert.equal(parseCursor(cursor(text)), null, text)
  assert.equal(parseCursor(`${cursor('2026-11-24T10:00:00.000001Z/42')}=`), null)
  const last = '9999-12-31T23:59:59.999999Z/999999999999999'
  assert.equal(formatCursor(parseCursor(cursor(last)) ?? { received_at: '', seq: 0 }), cursor(last))
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

test('no tenant gets more of a turn than its part, and each gets its events in order', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (counts, limit, each) => {
      const queues = new Map(counts.map((count, t) => [`${t}`, Array.from({ length: count }, (_, i) => ({ t, i }))]))
      const taken = takeFairly(queues, limit, each)
      const most = counts.reduce((sum, count) => sum + Math.min(count, each), 0)
      assert.equal(taken.length, Math.min(limit, most))
      counts.forEach((count, t) => {
        const got = taken.filter((item) => item.t === t).map(({ i }) => i)
        assert.ok(got.length <= each)
        assert.deepEqual([...got, ...(queues.get(`${t}`) ?? []).map(({ i }) => i)], [...Array(count).keys()])
      })
    }),
  )
})
