import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type TestServer, testDatabase, testServer } from '../../../test/support/server.ts'
import type { Database } from '../../platform/database/pools.ts'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import { hashNearest } from './store.ts'

let server: TestServer
let database: Database
before(async () => {
  server = await testServer()
  database = await testDatabase(server.installation)
})
after(async () => {
  await database.close()
  await server.stop()
})

test('a name that nobody has costs what some account of the tenant costs, by chance and the same each time', async () => {
  const { tenantId } = await server.secondTenant('mixed')
  const call = (email: string) => server.call('POST', '/v1/users', { email })
  const users = await Promise.all(Array.from({ length: 12 }, (_, i) => call(`p${i}@first.example`)))
  const ids = users.map(({ body }) => body.user.id)
  // Every third has no password: who only comes through a provider.
  await server.sql(
    `UPDATE security_users u SET password_hash = CASE WHEN n % 3 = 0 THEN '' ELSE 'hash ' || n END
     FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n) WHERE u.id = given.id`,
    [ids],
  )
  await server.sql(`UPDATE security_users SET password_hash = 'a neighbour''s' WHERE tenant_id = $1`, [tenantId])
  const names = [Buffer.alloc(32), Buffer.alloc(32, 255), ...Array.from({ length: 60 }, () => randomBytes(32))]
  const nearest = () =>
    tenantTransaction(database.app, server.tenantId, (tx) => Promise.all(names.map((name) => hashNearest(tx, name))))
  const found = await nearest()
  assert.ok(found.every((one) => one?.startsWith('hash ') || one?.startsWith('$argon2id$')))
  assert.ok(new Set(found).size > 3, 'not always the same account')
  assert.deepEqual(await nearest(), found)
})
