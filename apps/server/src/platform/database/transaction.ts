import type pg from 'pg'

type Row = pg.QueryResultRow

/** What every transaction offers. `onCommit` runs after a successful commit, and never else. */
interface Transaction {
  /** Runs a statement whose text is always the same; it is prepared. */
  query<R extends Row = Row>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<R>>
  /** Runs a statement whose text is put together for the case. */
  composed<R extends Row = Row>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<R>>
  onCommit(work: () => void): void
}

/** Bound to one tenant: row-level security admits its rows alone. */
export interface Tx extends Transaction {
  readonly bound: 'tenant'
  readonly tenantId: string
}

/** Of the role that sees the tables of the installation: tenants, set-up links, root key checks. */
export interface OperatorTx extends Transaction {
  readonly bound: 'operator'
}

/** Of the role that writes the logs of all tenants. */
export interface SequencerTx extends Transaction {
  readonly bound: 'sequencer'
}

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read'
  readOnly?: boolean
  /** The work sends all its statements before it sees an answer, and the commit travels with them: one way there and back. */
  atOnce?: boolean
}

const BIND = `SELECT set_config('app.tenant_id', $1, true)`

/** Runs work bound to a tenant; the only place that says which. Nothing is retried. */
export function tenantTransaction<T>(
  pool: pg.Pool,
  tenantId: string,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const bind = { name: nameOf(BIND), text: BIND, values: [tenantId] }
  return inTransaction(pool, { ...options, bind }, (transaction) => work({ ...transaction, bound: 'tenant', tenantId }))
}

export function operatorTransaction<T>(
  pool: pg.Pool,
  work: (tx: OperatorTx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return inTransaction(pool, options, (transaction) => work({ ...transaction, bound: 'operator' }))
}

export function sequencerTransaction<T>(pool: pg.Pool, work: (tx: SequencerTx) => Promise<T>): Promise<T> {
  return inTransaction(pool, {}, (transaction) => work({ ...transaction, bound: 'sequencer' }))
}

interface Opening extends TransactionOptions {
  /** Goes before everything else in the transaction. */
  bind?: pg.QueryConfig
}

// The connection is a pipeline: what opens the transaction travels with the first statement of the work. Where the
// opening fails, PostgreSQL refuses what comes after it, or, without a tenant, shows it no row.
async function inTransaction<T>(
  pool: pg.Pool,
  { isolation = 'read committed', readOnly = false, atOnce = false, bind }: Opening,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  const afterwards: (() => void)[] = []
  let broken: Error | undefined
  let committed = false
  // A branch of the work that goes on after the work has failed must not speak in the next transaction.
  let over = false
  const commit = () => {
    over = true
    return client.query('COMMIT')
  }
  const run = async <R extends Row>(query: pg.QueryConfig): Promise<pg.QueryResult<R>> => {
    if (over) throw new Error('the transaction is over')
    return client.query<R>(query)
  }
  try {
    const opening = [client.query(`BEGIN ISOLATION LEVEL ${isolation}${readOnly ? ' READ ONLY' : ''}`)]
    if (bind) opening.push(client.query(bind))
    const opened = Promise.all(opening)
    opened.catch((error: Error) => {
      broken = error // what the connection is in is not known then; told below, or by the work that fails for it
    })
    const working = work({
      query: (text, values) => run({ name: nameOf(text), text, values: [...values] }),
      composed: (text, values) => run({ text, values: [...values] }),
      onCommit: (job) => afterwards.push(job),
    })
    const sent = atOnce ? commit() : null
    sent?.catch(() => undefined) // told below
    const result = await working
    await opened
    const { command } = await (sent ?? commit())
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back, although none of its work failed')
    committed = true
    return result
  } catch (error) {
    over = true
    await client.query('ROLLBACK').catch((rollback: Error) => {
      broken = rollback // a connection that can't roll back is thrown away
    })
    throw error
  } finally {
    client.release(broken)
    if (committed) for (const job of afterwards) job()
  }
}

const names = new Map<string, string>()

/** Statements are prepared once a connection, each under a name of its own: parsing and planning cost more than most of them. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = `probity_${names.size}`
  names.set(text, name)
  return name
}
