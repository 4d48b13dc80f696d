import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type TestInstallation, testDatabase, testInstallation } from '../../../test/support/server.ts'
import type { Database } from './pools.ts'
import { type Tx, tenantTransaction } from './transaction.ts'

let installation: TestInstallation
let database: Database
before(async () => {
  installation = await testInstallation()
  database = await testDatabase(installation)
})
after(async () => {
  await database.close()
  await installation.release()
})

const ours = randomUUID()
const theirs = randomUUID()
const whose = (tx: Tx) => tx.query<{ tenant: string }>(`SELECT current_setting('app.tenant_id', true) AS tenant`, [])

/** What becomes of a statement of a transaction that is over, while the next one has its connection. */
async function speakAfterwards(past: Tx): Promise<PromiseSettledResult<string | undefined>[]> {
  return tenantTransaction(database.app, theirs, async (next) => {
    assert.equal((await whose(next)).rows[0]?.tenant, theirs)
    const late = [
      whose(past),
      past.composed<{ tenant: string }>(`SELECT current_setting('app.tenant_id') AS tenant`, []),
    ]
    return Promise.allSettled(late.map(async (one) => (await one).rows[0]?.tenant))
  })
}

function assertRefused(late: PromiseSettledResult<string | undefined>[]): void {
  for (const one of late) {
    assert(one.status === 'rejected', `it ran in the transaction of ${JSON.stringify(one)}`)
    assert.match(String(one.reason), /the transaction is over/)
  }
}

test('what goes on after its work has failed says nothing in the transaction of another tenant', async () => {
  let past: Tx | undefined
  const failed = tenantTransaction(database.app, ours, async (tx) => {
    past = tx
    await whose(tx)
    throw new Error('a branch failed')
  })
  await assert.rejects(failed, /a branch failed/)
  assert(past)
  assertRefused(await speakAfterwards(past))
})

test('what goes on after the commit says nothing in the transaction of another tenant', async () => {
  const past = await tenantTransaction(database.app, ours, async (tx) => {
    await whose(tx)
    return tx
  })
  assertRefused(await speakAfterwards(past))
})

test('what is sent at once is bound and committed, and nothing of it is where one statement fails', async () => {
  const tenant = async (tx: Tx) => (await whose(tx)).rows[0]?.tenant
  assert.equal(await tenantTransaction(database.app, ours, tenant, { atOnce: true }), ours)
  const divided = (tx: Tx) => Promise.all([whose(tx), tx.query('SELECT 1 / 0', []), whose(tx)])
  await assert.rejects(tenantTransaction(database.app, ours, divided, { atOnce: true }), /division by zero/)
  assert.equal(await tenantTransaction(database.app, theirs, tenant, { atOnce: true }), theirs)
})

test('who sends all at once asks nothing more after an answer', async () => {
  const asksAgain = async (tx: Tx) => [await whose(tx), await whose(tx)]
  const late = tenantTransaction(database.app, ours, asksAgain, { atOnce: true })
  await assert.rejects(late, /the transaction is over/)
})
