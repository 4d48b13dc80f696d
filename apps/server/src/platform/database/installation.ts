import { JOBS_SCHEMA } from './jobs.ts'
import type { Database } from './pools.ts'

/** How the queue of jobs stands, by task; `lastRunAt`: when it was last put into the queue by the schedule. */
export interface TaskState {
  task: string
  lastRunAt: Date | null
  waiting: number
  failed: number
  lastError: string | null
}

export interface StorageState {
  databaseBytes: number
  keystoreBytes: number
  /** With indexes; `rows` as PostgreSQL estimates them. Partitions are counted with their table. */
  tables: { name: string; bytes: number; rows: number }[]
}

const TASKS = `
  SELECT identifier AS task, last_execution AS "lastRunAt",
    (SELECT count(*)::int FROM ${JOBS_SCHEMA}.jobs j WHERE j.task_identifier = c.identifier AND j.attempts < j.max_attempts) AS waiting,
    (SELECT count(*)::int FROM ${JOBS_SCHEMA}.jobs j WHERE j.task_identifier = c.identifier AND j.attempts >= j.max_attempts) AS failed,
    (SELECT j.last_error FROM ${JOBS_SCHEMA}.jobs j WHERE j.task_identifier = c.identifier AND j.last_error IS NOT NULL
     ORDER BY j.updated_at DESC LIMIT 1) AS "lastError"
  FROM ${JOBS_SCHEMA}._private_known_crontabs c ORDER BY identifier`

const TABLES = `
  SELECT coalesce(parent.relname, c.relname) AS name, sum(pg_total_relation_size(c.oid))::bigint AS bytes,
    sum(greatest(c.reltuples, 0))::bigint AS rows
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  LEFT JOIN pg_class parent ON parent.oid = i.inhparent
  WHERE c.relkind = 'r'
  GROUP BY 1 ORDER BY 2 DESC LIMIT 20`

export async function readTasks(database: Database): Promise<TaskState[]> {
  return (await database.jobs.query<TaskState>(TASKS)).rows
}

export async function readStorage(database: Database): Promise<StorageState> {
  const size = 'SELECT pg_database_size(current_database())::bigint AS bytes'
  const [main, keystore, tables] = await Promise.all([
    database.operator.query<{ bytes: number }>(size),
    database.keystore.query<{ bytes: number }>(size),
    database.operator.query<StorageState['tables'][number]>(TABLES),
  ])
  return {
    databaseBytes: main.rows[0]?.bytes ?? 0,
    keystoreBytes: keystore.rows[0]?.bytes ?? 0,
    tables: tables.rows,
  }
}
