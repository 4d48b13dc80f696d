import type pg from 'pg'
import type { Connection } from '../../src/platform/database/pools.ts'
import { withClient } from '../../src/platform/database/provision.ts'

/** What became of a statement: how many rows, or the error as a caller would read all of it. */
export type Outcome = { rows: number } | { code: string; text: string }

export interface Table {
  name: string
  /** Column that holds the tenant. */
  tenant: string
  columns: string[]
}

/** Tables, by catalogue, that hold tenants' rows. */
export function tenantTables(superuser: Connection): Promise<Table[]> {
  return withClient(superuser, async (client) => {
    const { rows } = await client.query<Table>(`
      SELECT c.relname AS name, CASE c.relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END AS tenant,
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND (c.relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
      ORDER BY c.relname`)
    return rows
  })
}

/** All rows of a tenant, as the superuser sees them. */
export function snapshot(
  superuser: Connection,
  tables: readonly Table[],
  tenantId: string,
): Promise<Record<string, string[]>> {
  return withClient(superuser, async (client) => {
    const all: Record<string, string[]> = {}
    for (const { name, tenant } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT t::text AS row FROM ${name} t WHERE ${tenant} = $1 ORDER BY 1`,
        [tenantId],
      )
      all[name] = rows.map(({ row }) => row)
    }
    return all
  })
}

/** The attacker: a connection of a runtime role, bound to a tenant (or to none) as the server binds it. */
export class Attacker {
  readonly #client: pg.Client
  readonly #tenantId: string | null

  constructor(client: pg.Client, tenantId: string | null) {
    this.#client = client
    this.#tenantId = tenantId
  }

  /** Tries a statement in a transaction of its own. What it did is committed only when asked. */
  async attempt(text: string, values: unknown[] = [], keep = true): Promise<Outcome> {
    await this.#client.query('BEGIN')
    try {
      if (this.#tenantId !== null)
        await this.#client.query(`SELECT set_config('app.tenant_id', $1, true)`, [this.#tenantId])
      const { rowCount } = await this.#client.query(text, values)
      await this.#client.query(keep ? 'COMMIT' : 'ROLLBACK')
      return { rows: rowCount ?? 0 }
    } catch (error) {
      await this.#client.query('ROLLBACK')
      return { code: (error as pg.DatabaseError).code ?? '', text: everythingSaid(error as pg.DatabaseError) }
    }
  }
}

function everythingSaid({ message, detail, hint, where, constraint, internalQuery }: pg.DatabaseError): string {
  return [message, detail, hint, where, constraint, internalQuery].filter(Boolean).join('\n')
}
