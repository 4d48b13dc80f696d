import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { type TestInstallation, testInstallation } from '../support/server.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
const SEED = join(ROOT, '..', 'shared', 'seed', 'data-model.md')
const PAGE = readFileSync(join(ROOT, 'docs', 'data-model.md'), 'utf8')
const DOMAINS = 'tenancy keys audit identity access policies compliance privacy threats retention siem backup'.split(
  ' ',
)

let installation: TestInstallation
before(async () => {
  installation = await testInstallation()
})
after(() => installation.release())

/** table → column → home, of a page. */
function homes(): Map<string, Map<string, string>> {
  const tables = new Map<string, Map<string, string>>()
  for (const section of PAGE.split(/^## /m).slice(1)) {
    const rows = [...section.matchAll(/^\| ([a-z_]+) \| ([^|]+) \|/gm)].filter((row) => row[1] !== 'column')
    if (section.includes('| column | home |'))
      tables.set(section.split('\n')[0] ?? '', new Map(rows.map((row) => [row[1] ?? '', (row[2] ?? '').trim()])))
  }
  return tables
}

test('every column that was asked for has a home, a domain that will hold it, or a reason', {
  skip: existsSync(SEED) ? false : 'the seed is not beside the checkout',
}, () => {
  const page = homes()
  for (const [, table = '', body = ''] of readFileSync(SEED, 'utf8').matchAll(/CREATE TABLE (\w+) \((.*?)\n\);/gs)) {
    for (const [, column = ''] of body.matchAll(/^\s+([a-z_]+) [A-Z]/gm)) {
      assert.ok(page.get(table)?.has(column), `${table}.${column} is not on docs/data-model.md`)
    }
  }
})

test('every home on the page that is not for later is a column of the schema', async () => {
  const text = 'SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1'
  const columns = new Set<string>()
  for (const connection of [installation.superuser, installation.keystoreSuperuser]) {
    const { rows } = await withClient(connection, (client) =>
      client.query<{ table_name: string; column_name: string }>(text, ['public']),
    )
    for (const row of rows) columns.add(`${row.table_name}.${row.column_name}`)
  }
  for (const [table, cells] of homes()) {
    for (const [column, home] of cells) {
      const built = /^`([a-z_]+\.[a-z_]+)`$/.exec(home)?.[1]
      const later = /^later: (\w+)$/.exec(home)?.[1]
      if (built) assert.ok(columns.has(built), `${table}.${column}: ${built} does not exist`)
      else
        assert.ok(
          home === 'not kept' || (later !== undefined && DOMAINS.includes(later)),
          `${table}.${column}: "${home}"`,
        )
    }
  }
})
