import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { unpackBody } from '../../src/domains/audit/bundle-body.ts'
import { buildLogs, type Logs, settled } from './build-log.ts'
import { entryAttacks } from './entry-attacks.ts'
import type { Attack } from './expectation.ts'
import { headAttacks } from './head-attacks.ts'
import { idAttacks } from './id-attacks.ts'
import { indexAttacks } from './index-attacks.ts'
import { freeze, keepCopy, putBack, type StoredBundle } from './tamper.ts'

let logs: Logs

async function verify(token?: string): Promise<{ valid: boolean; invalid_entries: { index: number; code: string }[] }> {
  const { status, body, text } = await logs.server.call('POST', '/v1/audit/verify', {}, token ? { token } : {})
  assert.equal(status, 200, text)
  return body
}

before(async () => {
  logs = await buildLogs()
  await settled(logs.server)
  await freeze(logs.server)
  await keepCopy(logs.server)
})
after(() => logs.server.stop())

const ATTACKS: Attack[] = [...entryAttacks, ...headAttacks, ...indexAttacks, ...idAttacks]

test('at least 25 kinds of tampering are tried', () => {
  assert.ok(new Set(ATTACKS.map((attack) => attack.name)).size >= 25)
})

test('an untouched log verifies', async () => {
  for (const token of [undefined, logs.other.token, logs.small.token])
    assert.deepEqual((await verify(token)).invalid_entries, [])
})

describe('verification finds and names', () => {
  for (const attack of ATTACKS) {
    test(attack.name, async () => {
      const expected = await attack.run(logs)
      const result = await verify()
      const others = await verify(logs.other.token)
      await putBack(logs.server)
      await attack.undo?.(logs)
      const said = JSON.stringify(result.invalid_entries.slice(0, 5))
      assert.equal(result.valid, false, 'it was not found')
      const [from, until] = typeof expected.first === 'number' ? [expected.first, expected.first + 1] : expected.first
      const first = result.invalid_entries[0]
      assert.ok(
        first && first.index >= from && first.index < until,
        `first is not within ${from} to ${until - 1}: ${said}`,
      )
      if (expected.code)
        assert.ok(
          result.invalid_entries.some(({ code }) => code === expected.code),
          `${expected.code} is not in ${said}`,
        )
      if (expected.also !== undefined)
        assert.ok(
          result.invalid_entries.some(({ index }) => index === expected.also),
          `${expected.also} is not in ${said}`,
        )
      assert.equal(others.valid, !expected.others, 'the other tenant')
      assert.deepEqual((await verify()).invalid_entries, [], 'undone, it verifies again')
    })
  }
})

/** Columns of bytes that a verification reads; whatever bit of them changes, it is told, and nothing breaks off. */
const BYTES = [
  'audit_bundles.body',
  'audit_bundles.hashes',
  'audit_tiles.hashes',
  'audit_logs.root',
  'audit_sealed_parts.envelope',
  'audit_anchors.root',
  'audit_anchors.path',
]

test('any bit flipped in any stored bytes is found, and the verification still answers', async () => {
  const { server, tenantId } = logs
  const place = fc.record({ column: fc.constantFrom(...BYTES), row: fc.nat(), bit: fc.nat() })
  await fc.assert(
    fc.asyncProperty(place, async ({ column, row, bit }) => {
      const [table, bytes] = column.split('.')
      const [{ count, sizes }] = (await server.sql(
        `SELECT count(*)::int, array_agg(octet_length(${bytes}) ORDER BY ctid) AS sizes FROM ${table} WHERE tenant_id = $1`,
        [tenantId],
      )) as [{ count: number; sizes: number[] }]
      const at = row % count
      const flipped = bit % ((sizes[at] as number) * 8)
      const before = await plainBundles()
      await server.sql(
        `UPDATE ${table} SET ${bytes} = set_bit(${bytes}, ${flipped}, 1 - get_bit(${bytes}, ${flipped}))
         WHERE ctid = (SELECT ctid FROM ${table} WHERE tenant_id = $1 ORDER BY ctid OFFSET ${at} LIMIT 1)`,
        [tenantId],
      )
      try {
        const { valid } = await verify()
        // Some bits of a compressed stream say nothing: what it leads to is the same.
        if (column === 'audit_bundles.body' && valid) assert.deepEqual(await plainBundles(), before)
        else assert.equal(valid, false, `bit ${flipped} of row ${at} of ${column} was not found`)
      } finally {
        await putBack(server)
      }
    }),
    { numRuns: 40 },
  )
})

/** The bytes of the entries, of every bundle that can be read. */
async function plainBundles(): Promise<(string | null)[]> {
  const rows = await logs.server.sql<StoredBundle>(
    'SELECT body, entries FROM audit_bundles WHERE tenant_id = $1 ORDER BY first_seq',
    [logs.tenantId],
  )
  return rows.map((row) => {
    try {
      return unpackBody(row).toString('latin1')
    } catch {
      return null
    }
  })
}
