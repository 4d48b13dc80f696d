import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { canonicalize, type Json } from '@probity/core'
import { TestLog } from '../test/log.ts'
import { verifyCertificate } from './node.ts'

const SUBJECT = '00000000-0000-4000-8000-00000000000a'
const KEY = '00000000-0000-4000-8000-00000000000b'

function certificate(log: TestLog, change: { [member: string]: Json } = {}): string {
  const data = { subjects: [SUBJECT], keys_destroyed: [KEY] }
  log.append({ event_type: 'subject.erased', data })
  const index = log.entries.length - 1
  const receipt = log.receipt(index)
  const leaf = JSON.parse(Buffer.from(log.entries[index] ?? []).toString())
  const statement = {
    event_id: leaf.event_id,
    ...data,
    receipt_sha256: createHash('sha256').update(receipt).digest('hex'),
    unrecoverable_after: '2030-01-01T00:00:00.000Z',
    ...change,
  }
  return `${log.note(`probity-erasure/1\n${canonicalize(statement)}\n`)}\n${receipt}`
}

test('a certificate of erasure verifies offline with the log’s key, and names whom and which keys', () => {
  const log = TestLog.of(10)
  const result = verifyCertificate(certificate(log), [log.key])
  assert(result.verified, JSON.stringify(result))
  assert.equal(result.kind, 'certificate')
  assert.deepEqual(result.erased, { subjects: [SUBJECT], keys_destroyed: [KEY] })
})

test('a certificate whose statement, receipt or signature is another does not', () => {
  const log = TestLog.of(10)
  const good = certificate(log)
  const other = TestLog.of(3, 'other')
  const bad = [
    certificate(log, { subjects: [KEY] }),
    certificate(log, { keys_destroyed: [] }),
    certificate(log, { receipt_sha256: '00' }),
    certificate(log, { event_id: KEY }),
    certificate(log, { subjects: 'all' }),
    good.split('\nc2sp.org')[0] ?? '',
    `${good.split('\nc2sp.org')[0]}\n${log.receipt(3)}`,
    `${certificate(other).split('\nc2sp.org')[0]}\nc2sp.org${good.split('\nc2sp.org')[1]}`,
  ]
  for (const text of bad) assert.equal(verifyCertificate(text, [log.key, other.key]).verified, false, text)
  assert.equal(verifyCertificate(good, [other.key]).verified, false)
})

test('a certificate with any byte changed does not verify', () => {
  const log = TestLog.of(5)
  const good = Buffer.from(certificate(log))
  for (let at = 0; at < good.length; at++) {
    const changed = Buffer.from(good)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(verifyCertificate(changed.toString(), [log.key]).verified, false, `byte ${at}`)
  }
})
