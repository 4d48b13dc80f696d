import { Socket } from 'node:net'
import pg from 'pg'
import type { Logger } from 'pino'
import { StartError } from './start-error.ts'

/** How long what is under way may take when the pools close; then it is broken off, and PostgreSQL rolls it back. */
const CLOSE_MILLISECONDS = 2_000

/** Connections of the server, one pool a role. */
export interface Database {
  /** probity_app: bound to a tenant in every transaction. */
  app: pg.Pool
  /** probity_sequencer: writes the logs of all tenants. */
  sequencer: pg.Pool
  /** probity_operator: tenants and set-up links. */
  operator: pg.Pool
  /** probity_jobs: the queue's own schema. */
  jobs: pg.Pool
  /** probity_keys, on the keystore database. */
  keystore: pg.Pool
  /** Rejects when a database does not answer. */
  answers(): Promise<void>
  /** Ends the connections; a statement that is still under way has only so long. */
  close(): Promise<void>
}

/** Where a role connects. `password` never stands in a URL that could be logged. */
export interface Connection {
  host: string
  port: number
  database: string
  user: string
  password: string
  ssl?: boolean
}

export type RoleName = 'probity_app' | 'probity_sequencer' | 'probity_operator' | 'probity_jobs' | 'probity_keys'

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint of the database is not a safe integer')
  return value
})

/** Opens the pools and refuses roles that could see past row-level security. */
export async function openDatabase(connect: (role: RoleName) => Connection, log: Logger): Promise<Database> {
  const sockets = new Set<Socket>()
  const open = () => {
    const socket = new Socket()
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket))
  }
  const pool = (role: RoleName, max: number, statementTimeout: number, pipeline = true) => {
    const { ssl, ...connection } = connect(role)
    const made = new pg.Pool({
      ...connection,
      ...(ssl && { ssl: { rejectUnauthorized: true } }),
      stream: open,
      max,
      types,
      statement_timeout: statementTimeout,
      idle_in_transaction_session_timeout: 30_000,
      connectionTimeoutMillis: 10_000,
      application_name: role,
      pipeline, // statements of a transaction go out without waiting for each other
    })
    made.on('connect', (client) => client.on('error', () => undefined)) // told by the query that fails
    made.on('error', (error) => log.warn({ err: error, role }, 'an idle database connection was lost'))
    return made
  }
  const database = {
    app: pool('probity_app', 20, 60_000),
    sequencer: pool('probity_sequencer', 4, 60_000),
    operator: pool('probity_operator', 4, 30_000),
    jobs: pool('probity_jobs', 4, 0, false), // the queue's own library was not made for it
    keystore: pool('probity_keys', 8, 30_000),
  }
  const close = async () => {
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, CLOSE_MILLISECONDS)
    await Promise.all(Object.values(database).map((one) => one.end())).finally(() => clearTimeout(cut))
  }
  try {
    await Promise.all(Object.values(database).map(refusePower))
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...database,
    async answers() {
      await Promise.all([database.app.query('SELECT 1'), database.keystore.query('SELECT 1')])
    },
    close,
  }
}

/** A role that must not be used: said at start-up, before anything is served. */
export class RoleRefused extends StartError {}

// The queue's role owns its queue, in a schema of its own, and nothing else.
async function refusePower(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{
    name: string
    super: boolean
    bypass: boolean
    owns: boolean
    creates: boolean
    owner: boolean
  }>(`
    SELECT current_user AS name, r.rolsuper AS super, r.rolbypassrls AS bypass, r.rolcreaterole AS creates,
      EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p') AND n.nspname <> 'probity_jobs') AS owns,
      EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owner
    FROM pg_roles r WHERE r.rolname = current_user`)
  const [role] = rows
  if (!role) throw new RoleRefused('the database does not tell who we are')
  const faults = [
    role.super && 'is a superuser',
    role.bypass && 'bypasses row-level security',
    role.creates && 'may create roles',
    (role.owns || role.owner) && 'owns tables',
  ].filter(Boolean)
  if (faults.length > 0)
    throw new RoleRefused(
      `the role ${role.name} ${faults.join(' and ')}; the server works only as a role without such power`,
    )
}
