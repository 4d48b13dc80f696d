import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME } from '@probity/core'
import { type Frame, rangeFrames, seal, source } from '../test/exports.ts'
import { TestLog } from '../test/log.ts'
import { type BundleJob, checkBundle } from './bundle.ts'
import { verifyExport } from './index.ts'
import { nodeCrypto } from './node.ts'
import { Pool } from './pool.ts'

const log = TestLog.of(600)
const bundles = rangeFrames(log, { parts: false }).filter(({ kind }) => kind === FRAME.bundle)
const jobOf = ({ payload }: Frame): BundleJob => ({
  payload: Uint8Array.from(payload),
  parts: [],
  tenantId: log.tenantId,
  boundary: 300,
  task: 'check',
})

test('a thread reports what this one would', async () => {
  const pool = new Pool(2)
  try {
    const reports = await Promise.all(bundles.map((frame) => pool.check(jobOf(frame))))
    assert.deepEqual(
      reports,
      bundles.map((frame) => checkBundle(nodeCrypto, jobOf(frame))),
    )
  } finally {
    await pool.close()
  }
})

test('a thread that ended refuses what it was asked, and what it is asked after', async () => {
  const pool = new Pool(1)
  const under = bundles.map((frame) => pool.check(jobOf(frame)))
  await Promise.all([pool.close(), ...under.map((report) => report.catch(() => undefined))])
  await assert.rejects(pool.check(jobOf(bundles[0] as Frame)), { name: 'Refusal', code: 'INTERNAL' })
})

test('an export is not verified when the threads end meanwhile', async () => {
  const pool = new Pool(1)
  await pool.close()
  const options = { crypto: nodeCrypto, check: pool.check }
  const result = await verifyExport(source(seal(rangeFrames(log))), [log.key], options)
  assert.equal(result.verified, false)
})
