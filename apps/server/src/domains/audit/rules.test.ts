import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatCursor, parseCursor, takeFairly } from './rules.ts'

test('a cursor comes back as it was, and nothing else is a cursor', () => {
  const read = (text: string) => parseCursor(Buffer.from(text).toString('base64url'))
  assert.equal(parseCursor(formatCursor(42)), 42)
  assert.equal(read('below/999999999999999'), 999_999_999_999_999)
  for (const text of [
    'below/',
    'below/042',
    'below/-1',
    'below/1e3',
    'above/42',
    'below/9999999999999999',
    ' below/42',
  ])
    assert.equal(read(text), null, text)
  assert.equal(parseCursor(`${formatCursor(42)}=`), null)
  fc.assert(
    fc.property(fc.string(), (text) => parseCursor(text) === null || formatCursor(parseCursor(text) ?? -1) === text),
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
