import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { KEYSTORE_SQL_FOLDER, migrate, SQL_FOLDER } from '../../src/platform/database/migrate.ts'
import type { Connection } from '../../src/platform/database/pools.ts'
import { withClient } from '../../src/platform/database/provision.ts'
import { dumpSchema } from '../../src/platform/database/schema-dump.ts'
import { type TestInstallation, testInstallation } from '../support/server.ts'

let installation: TestInstallation
let sides: { name: string; folder: string; owner: Connection }[]
before(async () => {
  installation = await testInstallation()
  sides = [
    { name: 'main', folder: SQL_FOLDER, owner: installation.owned.main },
    { name: 'keystore', folder: KEYSTORE_SQL_FOLDER, owner: installation.owned.keystore },
  ]
})
after(() => installation.release())

test('a migrated database is what schema.sql says, in both databases', async () => {
  for (const { name, folder, owner } of sides) {
    const golden = await readFile(join(folder, 'schema.sql'), 'utf8')
    assert.equal(
      await withClient(owner, dumpSchema),
      golden,
      `${name}: run scripts/schema.ts and review the difference`,
    )
  }
})

test('every table and every column says what it is for', async () => {
  for (const { name, owner } of sides) {
    const silent = await withClient(owner, async (client) => {
      const { rows } = await client.query<{ what: string }>(`
        SELECT c.relname || coalesce('.' || a.attname, '') AS what
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relname <> 'schema_migrations'
          AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)`)
      return rows.map((row) => row.what)
    })
    assert.deepEqual(silent, [], name)
  }
})

test('migrating again applies nothing and changes nothing', async () => {
  for (const { folder, owner } of sides) {
    const once = await withClient(owner, dumpSchema)
    assert.equal(await migrate(owner, folder), 0)
    assert.equal(await withClient(owner, dumpSchema), once)
  }
})

test('of many that migrate a fresh database at once one applies everything and the others nothing', async () => {
  const [main] = sides
  assert.ok(main)
  const name = `t_${randomBytes(6).toString('hex')}`
  const fresh = { ...main.owner, database: name }
  await withClient(main.owner, (client) => client.query(`CREATE DATABASE ${name}`))
  try {
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(fresh, main.folder)))
    assert.equal(applied.filter((count) => count > 0).length, 1)
    assert.equal(await withClient(fresh, dumpSchema), await withClient(main.owner, dumpSchema))
  } finally {
    await withClient(main.owner, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  }
})

test('a database of a newer Probity is left as it is and named in one sentence', async () => {
  for (const { folder, owner } of sides) {
    await withClient(owner, (client) =>
      client.query(`INSERT INTO schema_migrations (version, name, sha256) VALUES (9999, 'later', 'x')`),
    )
    const before = await withClient(owner, dumpSchema)
    await assert.rejects(
      migrate(owner, folder),
      /has schema 9999 and this Probity knows \d+: it was used by a newer one; start that$/,
    )
    assert.equal(await withClient(owner, dumpSchema), before)
    await withClient(owner, (client) => client.query('DELETE FROM schema_migrations WHERE version = 9999'))
  }
})

test('a migration that was changed after it was applied stops the start', async () => {
  for (const { folder, owner } of sides) {
    const { rows } = await withClient(owner, (client) =>
      client.query<{ sha256: string }>('SELECT sha256 FROM schema_migrations WHERE version = 1'),
    )
    await withClient(owner, (client) => client.query(`UPDATE schema_migrations SET sha256 = 'other' WHERE version = 1`))
    await assert.rejects(migrate(owner, folder), /the migration 0001_\w+\.sql is not the one that was applied/)
    await withClient(owner, (client) =>
      client.query('UPDATE schema_migrations SET sha256 = $1 WHERE version = 1', [rows[0]?.sha256]),
    )
  }
})
