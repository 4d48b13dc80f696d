import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storm } from './storm.ts'

const RUNS = Number(process.env.TEST_KILLS ?? 10)

test(`${RUNS} kills of the server or of PostgreSQL under 64 writers lose and double nothing`, async (t) => {
  const report = await storm(RUNS, (run, what) => t.diagnostic(`run ${run}: ${what} killed`))
  assert.equal(report.runs, RUNS)
  assert.ok(report.acknowledged > 0)
  t.diagnostic(JSON.stringify(report))
})
