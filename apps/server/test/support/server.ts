import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Logger, pino } from 'pino'
import { startApp } from '../../src/app.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { migrateJobs } from '../../src/platform/database/jobs.ts'
import { KEYSTORE_SQL_FOLDER, migrate, SQL_FOLDER } from '../../src/platform/database/migrate.ts'
import { type Connection, type Database, openDatabase } from '../../src/platform/database/pools.ts'
import {
  connectionOf,
  type Owned,
  provision,
  provisionEmbedded,
  withClient,
} from '../../src/platform/database/provision.ts'
import { testCluster } from './cluster.ts'

/** Roles belong to the cluster, so every test installation of it has the same root key. */
export const TEST_ROOT_KEY = Buffer.alloc(32, 7)

/** The database that is copied; its keystore beside it has the usual ending. */
const TEMPLATE = 'migrated'

export interface TestInstallation {
  owned: Owned
  /** The cluster's superuser on the main database and on the keystore: for attacks. */
  superuser: Connection
  keystoreSuperuser: Connection
  clusterFolder: string
  /** Folder of the root key's epochs. */
  data: string
  release(): Promise<void>
}

/** Two fresh, migrated databases: copies of those that the first test of the cluster made. */
export async function testInstallation(): Promise<TestInstallation> {
  const cluster = await testCluster()
  const owner = await templateOwner(cluster.superuser)
  const name = randomName()
  const owned = { main: { ...owner, database: name }, keystore: { ...owner, database: `${name}_keystore` } }
  await withClient(owner, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)
    await client.query(`CREATE DATABASE ${name}_keystore TEMPLATE ${TEMPLATE}_keystore`)
  })
  const data = await mkdtemp(join(tmpdir(), 'probity-test-'))
  return {
    owned,
    superuser: { ...cluster.superuser, database: name },
    keystoreSuperuser: { ...cluster.superuser, database: owned.keystore.database },
    clusterFolder: cluster.folder,
    data,
    async release() {
      await withClient(cluster.superuser, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
        await client.query(`DROP DATABASE IF EXISTS ${owned.keystore.database} WITH (FORCE)`)
      })
      await rm(data, { recursive: true, force: true })
      await cluster.release()
    },
  }
}

/** Whoever owns the migrated databases that are copied. Tests begin at once: the first makes them, the others wait for it. */
async function templateOwner(superuser: Connection): Promise<Connection> {
  return withClient(superuser, async (client) => {
    await client.query('SELECT pg_advisory_lock(1)') // it goes with the connection
    const owner = await provisionEmbedded(superuser, TEST_ROOT_KEY)
    const made = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE])
    if (made.rowCount === 0) await makeTemplate(owner)
    return owner
  })
}

async function makeTemplate(owner: Connection): Promise<void> {
  const name = randomName()
  await withClient(owner, (client) => client.query(`CREATE DATABASE ${name}`))
  const owned = await provision({ ...owner, database: name }, null, TEST_ROOT_KEY)
  await migrate(owned.main, SQL_FOLDER)
  await migrate(owned.keystore, KEYSTORE_SQL_FOLDER)
  await migrateJobs(owned.main, connectionOf(owned, TEST_ROOT_KEY, 'probity_jobs'))
  await withClient(owner, async (client) => {
    await client.query(`ALTER DATABASE ${name}_keystore RENAME TO ${TEMPLATE}_keystore`)
    await client.query(`ALTER DATABASE ${name} RENAME TO ${TEMPLATE}`) // now the others may copy it
  })
}

function randomName(): string {
  return `t_${randomBytes(6).toString('hex')}`
}

/** The pools of one more process on the databases of a test installation. */
export function testDatabase({ owned }: TestInstallation, log: Logger = pino({ level: 'silent' })): Promise<Database> {
  return openDatabase((role) => connectionOf(owned, TEST_ROOT_KEY, role), log)
}

export interface TestServer {
  url: string
  config: Config
  installation: TestInstallation
  /** The first tenant's administrator: a token of all scopes. */
  token: string
  tenantId: string
  userId: string
  /** Calls the API; answers status, headers and parsed body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: { token?: string | null; headers?: Record<string, string> },
  ): Promise<Answer>
  /** As the cluster's superuser, on the main database. */
  sql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  keystoreSql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  /** Makes another tenant with an administrator of its own. */
  secondTenant(name: string): Promise<{ tenantId: string; token: string }>
  stop(): Promise<void>
}

export interface Answer {
  status: number
  headers: Headers
  // What comes back is whatever the server says: tests assert on it.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
  body: any
  text: string
}

const PASSWORD = 'correct horse battery staple'
/** As quiet and as quick as is allowed. */
const SETTINGS = {
  ...{ port: '0', log_level: 'silent', public_rate_limit_per_second: '1000' },
  ...{ password_hash_kib: '19456', password_hash_passes: '2' },
}

/** A server on an installation of its own (or a given one), with a first tenant; `connections`: the most for tenants' work. */
export async function testServer(
  settings: Record<string, string> = {},
  given?: TestInstallation,
  { clock = systemClock(), connections }: { clock?: Clock; connections?: number } = {},
): Promise<TestServer> {
  const installation = given ?? (await testInstallation())
  const config = await loadConfig({ ...SETTINGS, data: installation.data, ...settings }, {}, null)
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' }, pino.destination(2))
  const database = await testDatabase(installation, log)
  if (connections !== undefined) database.app.options.max = connections
  const app = await startApp({
    config,
    database,
    rootKey: TEST_ROOT_KEY,
    epochsFile: join(installation.data, 'root.epochs'),
    log,
    clock,
  })
  const main = new pg.Pool({ ...pgOptions(installation.superuser), max: 2 })
  const keystore = new pg.Pool({ ...pgOptions(installation.keystoreSuperuser), max: 2 })
  for (const pool of [main, keystore]) pool.on('error', () => undefined)
  const call = caller(app.url)
  const first = app.setupUrl ? await setUp(call, app.setupUrl, 'first') : { token: '', tenantId: '', userId: '' }
  return {
    url: app.url,
    config,
    installation,
    ...first,
    call: (method, path, body, options) => call(method, path, body, { token: first.token, ...options }),
    sql: async (text, values = []) => (await main.query(text, values)).rows,
    keystoreSql: async (text, values = []) => (await keystore.query(text, values)).rows,
    async secondTenant(name) {
      const made = await call('POST', '/v1/tenants', { name }, { token: first.token })
      return setUp(call, made.body.setup_url, undefined, `admin@${name}.example`)
    },
    async stop() {
      await app.stop()
      await database.close()
      await main.end()
      await keystore.end()
      if (!given) await installation.release()
    },
  }
}

export type Call = (
  method: string,
  path: string,
  body: unknown,
  options: { token?: string | null; headers?: Record<string, string> },
) => Promise<Answer>

export async function setUp(call: Call, setupUrl: string, tenant: string | undefined, email = 'admin@first.example') {
  const setup_token = setupUrl.split('#')[1] ?? ''
  const done = await call('POST', '/v1/setup', { setup_token, tenant, email, password: PASSWORD }, {})
  if (done.status !== 201) throw new Error(`set-up failed: ${done.text}`)
  return {
    token: done.body.token as string,
    tenantId: done.body.tenant_id as string,
    userId: done.body.user_id as string,
  }
}

export function caller(url: string): Call {
  return async (method, path, body, { token, headers = {} }) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : null,
    }
  }
}

function pgOptions({ ssl: _, ...options }: Connection) {
  return options
}

/** Waits until a condition holds; fails loudly instead of for ever. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  milliseconds = 10_000,
): Promise<void> {
  const end = Date.now() + milliseconds
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${milliseconds} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
