import { hkdfSync } from 'node:crypto'
import pg from 'pg'
import type { Connection, RoleName } from './pools.ts'
import { scramVerifier } from './scram.ts'
import { StartError } from './start-error.ts'

const RUNTIME_ROLES: readonly RoleName[] = [
  'probity_app',
  'probity_sequencer',
  'probity_operator',
  'probity_jobs',
  'probity_keys',
]
const OLDEST = 150_000

/** Where the installation's two databases are, as their owner. */
export interface Owned {
  main: Connection
  keystore: Connection
}

/** Password of a database role, from the root key: nothing to store and the same on every node. */
export function rolePassword(rootKey: Uint8Array, role: string): string {
  return Buffer.from(hkdfSync('sha256', rootKey, new Uint8Array(), `probity/role/${role}`, 32)).toString('base64url')
}

/** In a cluster of our own: an owner that is no superuser, and its database. */
export async function provisionEmbedded(superuser: Connection, rootKey: Uint8Array): Promise<Connection> {
  const owner = {
    ...superuser,
    user: 'probity_owner',
    password: rolePassword(rootKey, 'probity_owner'),
    database: 'probity',
  }
  await withClient(superuser, async (client) => {
    await ensureRole(client, owner, 'CREATEROLE CREATEDB')
    await ensureDatabase(client, 'probity', 'probity_owner')
  })
  return owner
}

/** Makes what is missing: runtime roles without power, and the keystore's database. */
export async function provision(owner: Connection, keystore: Connection | null, rootKey: Uint8Array): Promise<Owned> {
  const owned = { main: owner, keystore: keystore ?? { ...owner, database: `${owner.database}_keystore` } }
  await withClient(owner, async (client) => {
    await requireVersion(client)
    if (keystore === null) await requireCreateDatabase(client, owned.keystore.database)
    for (const role of RUNTIME_ROLES) await ensureRole(client, connectionOf(owned, rootKey, role), '')
    if (keystore === null) await ensureDatabase(client, owned.keystore.database, owner.user)
  })
  if (keystore !== null) {
    await withClient(keystore, async (client) => {
      await requireVersion(client)
      await ensureRole(client, connectionOf(owned, rootKey, 'probity_keys'), '')
    })
  }
  return owned
}

/** How a runtime role connects. */
export function connectionOf(owned: Owned, rootKey: Uint8Array, role: RoleName): Connection {
  const base = role === 'probity_keys' ? owned.keystore : owned.main
  return { ...base, user: role, password: rolePassword(rootKey, role) }
}

/** Reads a postgres:// URL. Throws StartError without repeating it: it may hold a password. */
export function parseDatabaseUrl(name: string, text: string): Connection {
  try {
    const url = new URL(text)
    if (!/^postgres(ql)?:$/.test(url.protocol)) throw new Error('scheme')
    const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
    const database = decodeURIComponent(url.pathname.slice(1))
    if (!database || !url.username) throw new Error('user and database')
    const ssl = ['require', 'verify-ca', 'verify-full'].includes(url.searchParams.get('sslmode') ?? '')
    return {
      host: host || 'localhost',
      port: Number(url.port || 5432),
      database,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      ...(ssl && { ssl }),
    }
  } catch {
    throw new StartError(`${name} is not of the form postgres://user:password@host:port/database`)
  }
}

export async function withClient<T>(connection: Connection, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { ssl, ...rest } = connection
  const client = new pg.Client({
    ...rest,
    ...(ssl && { ssl: { rejectUnauthorized: true } }),
    connectionTimeoutMillis: 10_000,
    application_name: 'probity',
  })
  client.on('error', () => undefined) // told by the query that fails
  try {
    await client.connect()
  } catch (error) {
    throw new StartError(whyNoConnection(connection, error))
  }
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function whyNoConnection({ host, port, database, user }: Connection, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === '28P01' || code === '28000')
    return `the database at ${host}:${port} refuses the user ${user}: wrong password or not allowed`
  if (code === '3D000') return `the database ${database} does not exist at ${host}:${port}; create it first`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the database's host ${host} is not known`
  if (code === '53300') return `the database at ${host}:${port} has no free connection`
  return `no PostgreSQL answers at ${host}:${port} (${code || 'it is something else'})`
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num')
  const version = Number(rows[0]?.server_version_num)
  if (!(version >= OLDEST))
    throw new StartError(`the database is PostgreSQL ${Math.floor(version / 10_000)}; Probity needs 15 to 18`)
}

// A role that exists is left as it is. One that refuses the password which the root key gives was made with another
// key: changing it would lock out whoever holds the right one, and nothing was written so far.
async function ensureRole(client: pg.Client, role: Connection, power: string): Promise<void> {
  const name = pg.escapeIdentifier(role.user)
  const verifier = pg.escapeLiteral(scramVerifier(role.password))
  const attributes = `LOGIN NOSUPERUSER NOBYPASSRLS ${power || 'NOCREATEDB NOCREATEROLE'} PASSWORD ${verifier}`
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role.user])
  if (rowCount === 1) return requirePassword(role)
  await client.query(`CREATE ROLE ${name} ${attributes}`).catch((error: Error) => {
    if ('code' in error && error.code === '42501')
      throw new StartError(`the user of DATABASE_URL may not make the role ${role.user}; grant it CREATEROLE`)
    if (!isAlreadyMade(error)) throw error
  })
}

// 42P04, 42710: it exists; 23505: another start made it at the same moment.
function isAlreadyMade(error: Error): boolean {
  return 'code' in error && ['42P04', '42710', '23505'].includes(String(error.code))
}

async function requirePassword(role: Connection): Promise<void> {
  if (await takesPassword(role)) return
  throw new StartError(
    `the root key is not the one that this database was made with: its role ${role.user} refuses it; put the right key back, or give each installation a database server of its own`,
  )
}

async function takesPassword(role: Connection): Promise<boolean> {
  const { ssl, ...rest } = role
  const client = new pg.Client({
    ...rest,
    ...(ssl && { ssl: { rejectUnauthorized: true } }),
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.end()
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === '28P01')
  }
}

// Before the roles are made: a start that is refused leaves the cluster as it was.
async function requireCreateDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreatedb)
     UNION ALL SELECT 1 FROM pg_database WHERE datname = $1`,
    [name],
  )
  if (rowCount === 0)
    throw new StartError(
      `the user of DATABASE_URL may not create the database ${name}; grant it CREATEDB or set KEYSTORE_URL`,
    )
}

async function ensureDatabase(client: pg.Client, name: string, owner: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
  if (rowCount === 1) return
  const text = `CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(owner)} TEMPLATE template0 ENCODING 'UTF8'`
  await client.query(text).catch((error: Error) => {
    if (!isAlreadyMade(error)) throw error
  })
}
