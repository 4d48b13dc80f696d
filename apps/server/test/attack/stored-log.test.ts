import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { buildLogs, type Logs, settled } from './build-log.ts'
import { entryAttacks } from './entry-attacks.ts'
import type { Attack } from './expectation.ts'
import { headAttacks } from './head-attacks.ts'
import { idAttacks } from './id-attacks.ts'
import { indexAttacks } from './index-attacks.ts'
import { freeze, keepCopy, putBack } from './tamper.ts'

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
