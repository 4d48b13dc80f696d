import type pg from 'pg'

type Row = pg.QueryResultRow

/** What every transaction offers. `onCommit` runs after a successful commit, and never else. */
interface Transaction {
  query<R extends Row = Row>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<R>>
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
}

/** Runs work bound to a tenant; the only place that says which. Nothing is retried. */
export function tenantTransaction<T>(
  pool: pg.Pool,
  tenantId: string,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return inTransaction(pool, options, async (client, transaction) => {
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
    return work({ ...transaction, bound: 'tenant', tenantId })
  })
}

export function operatorTransaction<T>(pool: pg.Pool, work: (tx: OperatorTx) => Promise<T>): Promise<T> {
  return inTransaction(pool, {}, (_client, transaction) => work({ ...transaction, bound: 'operator' }))
}

export function sequencerTransaction<T>(pool: pg.Pool, work: (tx: SequencerTx) => Promise<T>): Promise<T> {
  return inTransaction(pool, {}, (_client, transaction) => work({ ...transaction, bound: 'sequencer' }))
}

async function inTransaction<T>(
  pool: pg.Pool,
  { isolation = 'read committed', readOnly = false }: TransactionOptions,
  work: (client: pg.PoolClient, transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  const afterwards: (() => void)[] = []
  let broken: Error | undefined
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}${readOnly ? ' READ ONLY' : ''}`)
    const result = await work(client, {
      query: (text, values) => client.query(text, [...values]),
      onCommit: (job) => afterwards.push(job),
    })
    await client.query('COMMIT')
    for (const job of afterwards) job()
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => {
      broken = rollback // a connection that can't roll back is thrown away
    })
    throw error
  } finally {
    client.release(broken)
  }
}
