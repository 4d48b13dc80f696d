import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Connection } from '../../src/platform/database/pools.ts'
import { withClient } from '../../src/platform/database/provision.ts'
import { startProcess, urlOf } from '../faults/process.ts'
import { ownCluster } from '../support/cluster.ts'
import { TEST_ROOT_KEY } from '../support/server.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const FAILED = 1
const UNAVAILABLE = 3
const PASSWORD = 'secret-word'

let cluster: Awaited<ReturnType<typeof ownCluster>>
let data: string
let owner: Connection
before(async () => {
  cluster = await ownCluster()
  data = await mkdtemp(join(tmpdir(), 'probity-external-'))
  owner = await makeOwner('owner', 'CREATEROLE CREATEDB')
})
after(async () => {
  await cluster.release()
  await rm(data, { recursive: true, force: true })
})

const sql = (database: string, text: string) =>
  withClient({ ...cluster.superuser, database }, (client) => client.query(text))

/** A role with a database of its own. */
async function makeOwner(name: string, rights: string): Promise<Connection> {
  await sql('postgres', `CREATE ROLE ${name} LOGIN ${rights} PASSWORD '${PASSWORD}'`)
  await sql('postgres', `CREATE DATABASE ${name} OWNER ${name}`)
  return { ...cluster.superuser, user: name, database: name, password: PASSWORD }
}

const environment = (connection: Connection) => ({
  DATABASE_URL: urlOf(connection),
  PROBITY_ROOT_KEY: TEST_ROOT_KEY.toString('base64'),
})

/** The server must not start: one sentence without the password, its exit code, and nothing moved in the cluster. */
async function refuses(connection: Connection, sentence: RegExp, status: number): Promise<void> {
  const before = await everything()
  const child = spawn(process.execPath, [MAIN, 'serve', '--data', data, '--port', '0'], {
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...environment(connection) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    said.out += piece
    if (/"url"/.test(said.out)) child.kill() // it started, which is told by its exit code
  })
  child.stderr.on('data', (piece) => {
    said.err += piece
  })
  const [code] = await once(child, 'close')
  assert.equal(code, status, said.err)
  assert.match(said.err, sentence)
  assert.match(said.err, /^probity: [^\n]+\n$/, 'one sentence')
  assert.doesNotMatch(said.err + said.out, new RegExp(PASSWORD))
  const told = JSON.parse(said.out) as { message: string; exit_code: number }
  assert.deepEqual([`probity: ${told.message}\n`, told.exit_code], [said.err, status])
  assert.deepEqual(await everything(), before, 'the cluster is as it was')
}

/** How many rows every catalogue and every table of the cluster has. */
async function everything(): Promise<Record<string, unknown>> {
  const { rows } = await sql('postgres', 'SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname')
  const found: Record<string, unknown> = {}
  for (const { datname } of rows as { datname: string }[]) {
    const counts = await sql(
      datname,
      `SELECT c.oid::regclass AS name,
         (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || c.oid::regclass, false, true, '')))[1]::text AS rows
       FROM pg_class c WHERE c.relkind = 'r' AND c.relname NOT LIKE 'pg_statistic%'
         AND c.relnamespace <> 'information_schema'::regnamespace ORDER BY 1`,
    )
    found[datname] = counts.rows
  }
  return found
}

test('a database that cannot be reached is told with its cause, and as one that may be there later', async () => {
  await refuses({ ...owner, password: `${PASSWORD}-not` }, /refuses the user owner: wrong password/, UNAVAILABLE)
  await refuses({ ...owner, user: 'stranger' }, /refuses the user stranger/, UNAVAILABLE)
  await refuses(
    { ...owner, database: 'nowhere' },
    /the database nowhere does not exist .*; create it first/,
    UNAVAILABLE,
  )
  await refuses({ ...owner, host: data }, /no PostgreSQL answers at/, UNAVAILABLE)
})

test('an owner without a right is told which one, and nothing was made', async () => {
  const powerless = await makeOwner('powerless', '')
  await refuses(
    powerless,
    /may not create the database powerless_keystore; grant it CREATEDB or set KEYSTORE_URL/,
    FAILED,
  )
  await sql('postgres', 'ALTER ROLE powerless CREATEDB')
  await refuses(powerless, /may not make the role probity_app; grant it CREATEROLE/, FAILED)
  await sql('postgres', 'ALTER ROLE powerless NOCREATEDB CREATEROLE')
  await refuses(powerless, /may not create the database powerless_keystore/, FAILED)
})

test('a schema of a newer Probity and a migration that was changed are told, and as the server left them it starts again', async () => {
  const start = () => startProcess(data, environment(owner))
  assert.equal(await (await start()).stop(), 0)
  for (const database of ['owner', 'owner_keystore']) {
    await sql(database, `INSERT INTO schema_migrations (version, name, sha256) VALUES (9999, 'later', 'x')`)
    await refuses(owner, new RegExp(`the database ${database} has schema 9999 .* newer one; start that`), FAILED)
    await sql(database, 'DELETE FROM schema_migrations WHERE version = 9999')
    await sql(database, `UPDATE schema_migrations SET sha256 = 'x' || sha256 WHERE version = 1`)
    await refuses(
      owner,
      new RegExp(`0001_\\w+\\.sql is not the one that was applied to the database ${database};`),
      FAILED,
    )
    await sql(database, `UPDATE schema_migrations SET sha256 = substr(sha256, 2) WHERE version = 1`)
  }
  assert.equal(await (await start()).stop(), 0)
})
