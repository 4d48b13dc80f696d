import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { Connection } from '../../apps/server/src/platform/database/pools.ts'
import { withClient } from '../../apps/server/src/platform/database/provision.ts'
import { percentile } from '../support.ts'
import { ACTOR_COUNT, actorName, readSeedModel } from './input.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const COLUMNS = ['event_type', 'user_id', 'tenant_id', 'resource', 'action', 'outcome', 'risk_score', 'ip_address']
const TEXT_COLUMNS = [...COLUMNS, 'event_data', 'content_hash', 'previous_hash'] as const
const TYPES = ['text', 'uuid', 'uuid', 'text', 'text', 'text', 'int', 'inet', 'jsonb', 'text', 'text']

type Row = (string | number | null)[]

/**
 * The table that the seed asked for, as it stands there: its columns, checks, foreign keys, indexes, full-text index
 * and chain trigger. Its client hashes each entry and names the hash of the one before, as the trigger wants it.
 */
export class SeedTable {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Makes the tables anew, empty, from the seed's own statements. */
  async reset(): Promise<void> {
    const model = await readSeedModel()
    const take = (start: RegExp) => {
      const found = new RegExp(`${start.source}[^;]*;`).exec(model)?.[0]
      if (!found) throw new Error(`the seed has no ${start.source}`)
      return found
    }
    const statements = [
      'DROP SCHEMA IF EXISTS seed CASCADE; CREATE SCHEMA seed; SET search_path TO seed',
      ...['tenants', 'security_users', 'security_sessions', 'audit_entries'].map((name) =>
        take(new RegExp(`CREATE TABLE ${name} \\(`)),
      ),
      ...(model.match(/CREATE INDEX idx_audit_entries_\w+ ON audit_entries[^;]*;/g) ?? []),
      /CREATE OR REPLACE FUNCTION validate_audit_chain[\s\S]*?LANGUAGE plpgsql;/.exec(model)?.[0] ?? '',
      take(/CREATE TRIGGER audit_chain_validation/),
    ]
    await withClient(this.#connection, async (client) => {
      for (const statement of statements) await client.query(statement)
      await client.query(`INSERT INTO tenants (id, name) VALUES ($1, 'bench')`, [TENANT])
      await client.query(
        `INSERT INTO security_users (id, username, email, password_hash, salt)
         SELECT ($2 || lpad(to_hex(n), 12, '0'))::uuid, name, name, '', ''
         FROM unnest($1::text[]) WITH ORDINALITY AS u (name, n)`,
        [Array.from({ length: ACTOR_COUNT }, (_, i) => actorName(i)), USER_PREFIX],
      )
      await client.query('CHECKPOINT')
    })
  }

  /** Loads the first events of a file in batches of one statement each; answers events per second. */
  async batches(path: string, count: number, size: number): Promise<number> {
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, count)
    await this.reset()
    return withClient(this.#connection, async (client) => {
      await client.query('SET search_path TO seed')
      const start = performance.now()
      let previous: string | null = null
      for (let at = 0; at < lines.length; at += size) {
        const rows: Row[] = []
        for (const line of lines.slice(at, at + size)) {
          const row: Row = rowOf(line, previous)
          previous = row[9] as string
          rows.push(row)
        }
        await client.query(
          INSERT_MANY,
          TEXT_COLUMNS.map((_, column) => rows.map((row) => row[column])),
        )
      }
      return lines.length / ((performance.now() - start) / 1000)
    })
  }

  /**
   * Writers that each insert one row at a time for some time: the last hash is read, the row names it. Answers
   * acknowledged rows per second, the p99 of the wait, how many were refused by the trigger and had to be tried again,
   * and how many links of the chain are broken afterwards.
   */
  async writers(path: string, count: number, milliseconds: number) {
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, 20_000)
    await this.reset()
    const pool = new pg.Pool({ ...this.#connection, max: count, options: '-c search_path=seed' })
    const waits: number[] = []
    let next = 0
    let refused = 0
    const start = performance.now()
    const until = start + milliseconds
    await Promise.all(
      Array.from({ length: count }, async () => {
        while (performance.now() < until) {
          const line = lines[next++ % (lines.length - 1)] as string
          const asked = performance.now()
          while (!(await insertOne(pool, line))) refused++
          waits.push(performance.now() - asked)
        }
      }),
    )
    const perSecond = waits.length / ((performance.now() - start) / 1000)
    const broken = await pool.query<{ broken: number }>(BROKEN_LINKS)
    await pool.end()
    return {
      perSecond,
      p99: percentile(waits, 0.99),
      refused,
      broken: broken.rows[0]?.broken ?? Number.NaN,
      rows: waits.length,
    }
  }
}

const USER_PREFIX = '00000000-0000-4000-8000-'
const LIST = TEXT_COLUMNS.join(', ')
const INSERT_MANY = `INSERT INTO audit_entries (${LIST}) SELECT ${LIST} FROM unnest(${TYPES.map((type, i) => `$${i + 1}::${type}[]`).join(', ')}) AS u (${LIST})`
const INSERT_ONE = `INSERT INTO audit_entries (${LIST}) VALUES (${TYPES.map((_, i) => `$${i + 1}`).join(', ')})`
const LAST_HASH = 'SELECT content_hash FROM audit_entries ORDER BY sequence_number DESC LIMIT 1'
/** Entries that do not name the hash of the entry before them. */
const BROKEN_LINKS = `SELECT count(*)::int AS broken FROM (
  SELECT previous_hash, lag(content_hash) OVER (ORDER BY sequence_number) AS before FROM audit_entries) chain
  WHERE before IS NOT NULL AND previous_hash IS DISTINCT FROM before`

async function insertOne(pool: pg.Pool, line: string): Promise<boolean> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ content_hash: string }>({ name: 'last', text: LAST_HASH })
    await client.query({ name: 'one', text: INSERT_ONE, values: rowOf(line, rows[0]?.content_hash ?? null) })
    return true
  } catch (error) {
    if (error instanceof Error && error.message.includes('chain integrity')) return false
    throw error
  } finally {
    client.release()
  }
}

function rowOf(line: string, previous: string | null): Row {
  const event = JSON.parse(line)
  const user = USER_PREFIX + (Number(/\d+/.exec(event.user_id)?.[0]) + 1).toString(16).padStart(12, '0')
  const { event_type, resource, action, outcome, risk_score, ip_address = null, event_data } = event
  const data = JSON.stringify(event_data)
  const hash = createHash('sha256').update(`${previous}${event_type}${user}${resource}${action}${outcome}${data}`)
  return [
    event_type,
    user,
    TENANT,
    resource,
    action,
    outcome,
    risk_score,
    ip_address,
    data,
    hash.digest('hex'),
    previous,
  ]
}
