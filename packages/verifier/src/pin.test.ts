import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rangeFrames, seal, selectionFrames, source } from '../test/exports.ts'
import { TestLog } from '../test/log.ts'
import { verifyExport, verifyReceipt } from './node.ts'
import type { Result } from './result.ts'

const log = TestLog.of(600)
// Up to entry 300 both are one log; its operator shows some people one half and some the other.
const fork = TestLog.of(300)
for (let i = 300; i < 600; i++) fork.append({ data: { fork: i } })

const code = (result: Result) => (result.verified ? 'verified' : result.code)
const withPin = async (bytes: Uint8Array, pin: string) => code(await verifyExport(source(bytes), [log.key], { pin }))

test('an export from the start agrees with every earlier checkpoint', async () => {
  const whole = seal(rangeFrames(log))
  await fc.assert(
    fc.asyncProperty(fc.nat(600), async (size) => {
      assert.equal(await withPin(whole, log.checkpoint(size)), 'verified')
    }),
    { numRuns: 40 },
  )
})

test('a truncated log is refused by a pinned verifier', async () => {
  assert.equal(await withPin(seal(rangeFrames(log, { size: 599 })), log.checkpoint(600)), 'ROLLBACK')
})

test('a log that is shorter than its pin may only be older than it, which the refusal says to every caller', async () => {
  const pin = log.checkpoint(600)
  const result = await verifyExport(source(seal(rangeFrames(log, { size: 599 }))), [log.key], { pin })
  assert.ok(!result.verified)
  assert.match(result.message, /600 entries .* has 599 .*, unless this file is older than the pin/)
})

test('a fork is found at the same size and at any later one', async () => {
  const whole = seal(rangeFrames(log))
  assert.equal(await withPin(whole, fork.checkpoint(600)), 'FORK')
  for (const size of [301, 400, 511, 512, 599]) assert.equal(await withPin(whole, fork.checkpoint(size)), 'FORK')
  assert.equal(await withPin(whole, fork.checkpoint(300)), 'verified')
})

test('a range decides on a pin within it, and says so of a pin that it cannot reach', async () => {
  const range = seal(rangeFrames(log, { start: 200, end: 500 }))
  for (const size of [200, 201, 256, 300, 499, 500, 600])
    assert.equal(await withPin(range, log.checkpoint(size)), 'verified')
  for (const size of [301, 500, 600]) assert.equal(await withPin(range, fork.checkpoint(size)), 'FORK')
  for (const size of [1, 199, 501, 599]) assert.equal(await withPin(range, log.checkpoint(size)), 'PIN_UNDECIDED')
})

test('a pin of another log, of an untrusted key or none at all does not decide', async () => {
  const whole = seal(rangeFrames(log))
  const other = TestLog.of(3, 'other')
  assert.equal(await withPin(whole, other.checkpoint()), 'PIN_INVALID')
  assert.equal(await withPin(whole, 'garbage'), 'PIN_INVALID')
  const trusting = await verifyExport(source(whole), [log.key, other.key], { pin: other.checkpoint() })
  assert.equal(code(trusting), 'PIN_INVALID')
})

test('what is wrong with the export goes before a pin that cannot decide', async () => {
  const range = seal(rangeFrames(log, { start: 200 }))
  const damaged = range.with(range.length - 1, (range.at(-1) as number) ^ 1)
  assert.equal(await withPin(damaged, log.checkpoint(3)), 'TRAILER_MISMATCH')
})

test('selections decide on pins of their size and above, receipts of their size: a receipt lags behind its log', async () => {
  const selection = seal(selectionFrames(log, [3, 5], 500))
  const receipt = (pin: string) => code(verifyReceipt(log.receipt(3, 500), [log.key], { pin }))
  for (const [pin, expected, ofReceipt = expected] of [
    [log.checkpoint(500), 'verified'],
    [fork.checkpoint(500), 'FORK'],
    [log.checkpoint(501), 'ROLLBACK', 'PIN_UNDECIDED'],
    [log.checkpoint(499), 'PIN_UNDECIDED'],
  ] as const) {
    assert.equal(await withPin(selection, pin), expected)
    assert.equal(receipt(pin), ofReceipt)
  }
})
