import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { type Connection, openDatabase, type RoleName } from '../../src/platform/database/pools.ts'
import { connectionOf, withClient } from '../../src/platform/database/provision.ts'
import { TEST_ROOT_KEY, type TestServer, testServer } from '../support/server.ts'

// A server that has taken events.
let server: TestServer
let sides: Connection[]
before(async () => {
  server = await testServer()
  await server.call('POST', '/v1/audit/events', {
    event_type: 'test.happened',
    user_id: 'ada',
    action: 'do',
    outcome: 'Success',
  })
  sides = [server.installation.superuser, server.installation.keystoreSuperuser]
})
after(() => server.stop())

const ROLES: RoleName[] = ['probity_app', 'probity_sequencer', 'probity_operator', 'probity_jobs', 'probity_keys']
const silent = pino({ level: 'silent' })

interface TenantTable {
  name: string
  enabled: boolean
  forced: boolean
  policies: string[]
  key: string[]
}

/** Tables with a tenant_id column; and `tenants`, whose id it is. */
async function tenantTables(side: Connection): Promise<TenantTable[]> {
  return withClient(side, async (client) => {
    const { rows } = await client.query<TenantTable>(`
      SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        ARRAY(SELECT regexp_replace(pg_get_expr(p.polqual, p.polrelid, true), '\\s+', ' ', 'g') FROM pg_policy p
              WHERE p.polrelid = c.oid AND p.polroles = '{0}' AND p.polpermissive) AS policies,
        ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
              WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place) AS key
      FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'setup_links'
        AND (c.relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
      ORDER BY c.relname`)
    return rows
  })
}

test('every tenant table of both databases has row-level security enabled and forced', async () => {
  const tables = (await Promise.all(sides.map(tenantTables))).flat()
  assert.ok(tables.length >= 16, `only ${tables.length} tables were found`)
  for (const { name, enabled, forced } of tables)
    assert.deepEqual({ name, enabled, forced }, { name, enabled: true, forced: true })
})

test('the one policy that holds for everybody compares the tenant with the transaction, once a query', async () => {
  const form = (column: string) =>
    `${column} = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif"))`
  for (const { name, policies } of (await Promise.all(sides.map(tenantTables))).flat()) {
    assert.deepEqual(policies, [form(name === 'tenants' ? 'id' : 'tenant_id')], name)
  }
})

test('every primary key of a tenant table starts with the tenant', async () => {
  for (const { name, key } of (await Promise.all(sides.map(tenantTables))).flat()) {
    assert.equal(key[0], name === 'tenants' ? 'id' : 'tenant_id', name)
  }
})

test('foreign keys between tenant tables hold the tenant on both sides', async () => {
  for (const side of sides) {
    const tables = new Set((await tenantTables(side)).map(({ name }) => name).filter((name) => name !== 'tenants'))
    const keys = await withClient(side, async (client) => {
      const { rows } = await client.query<{
        name: string
        child: string
        parent: string
        columns: string[]
        targets: string[]
      }>(`
        SELECT k.conname AS name, c.relname AS child, p.relname AS parent,
          ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place) AS columns,
          ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place) AS targets
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid WHERE k.contype = 'f'
          AND c.relnamespace = 'public'::regnamespace`)
      return rows
    })
    const between = keys.filter(({ child, parent }) => tables.has(child) && tables.has(parent))
    assert.ok(between.length > 0)
    for (const { name, columns, targets } of between)
      assert.deepEqual([name, columns[0], targets[0]], [name, 'tenant_id', 'tenant_id'])
  }
})

test('unique constraints and indexes of tenant tables start with the tenant, so that none tells of another', async () => {
  for (const side of sides) {
    const names = new Set((await tenantTables(side)).map(({ name }) => name).filter((name) => name !== 'tenants'))
    const found = await withClient(side, async (client) => {
      const { rows } = await client.query<{ table: string; index: string; first: string | null }>(`
        SELECT c.relname AS table, x.relname AS index, a.attname AS first
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace`)
      return rows
    })
    for (const { table, index, first } of found) if (names.has(table)) assert.equal(first, 'tenant_id', index)
  }
})

test('the server’s roles own nothing in public, are no superuser, bypass nothing and make no roles', async () => {
  for (const side of sides) {
    const { rows } = await withClient(side, (client) =>
      client.query(
        `SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication AS power,
           EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace)
           OR EXISTS (SELECT FROM pg_proc p WHERE p.proowner = r.oid AND p.pronamespace = 'public'::regnamespace)
           OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid) AS owns,
           EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS member,
           has_schema_privilege(r.oid, 'public', 'CREATE') AS creates
         FROM pg_roles r WHERE r.rolname = ANY ($1) ORDER BY 1`,
        [ROLES],
      ),
    )
    const none = { power: false, owns: false, member: false, creates: false }
    assert.deepEqual(
      rows,
      [...ROLES].sort().map((name) => ({ name, ...none })),
    )
  }
})

test('no view shows a tenant’s rows with its owner’s rights, and no function runs with them', async () => {
  for (const side of sides) {
    const { rows } = await withClient(side, (client) =>
      client.query(`
        SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')
          AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=true%', false)
        UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef`),
    )
    assert.deepEqual(rows, [])
  }
})

/** Opens the database with one role replaced by a login of the test's own making. */
async function openWith(
  replaced: RoleName,
  make: string,
  spoil: (name: string) => string = () => '',
): Promise<unknown> {
  const { installation } = server
  const name = `t_role_${process.pid}_${replaced}`
  const superuser = replaced === 'probity_keys' ? installation.keystoreSuperuser : installation.superuser
  await withClient(superuser, (client) =>
    client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'p' ${make}; ${spoil(name)}`),
  )
  try {
    const database = await openDatabase((role) => {
      const usual = connectionOf(installation.owned, TEST_ROOT_KEY, role)
      return role === replaced ? { ...usual, user: name, password: 'p' } : usual
    }, silent)
    await database.close()
    return null
  } catch (error) {
    return error
  } finally {
    await withClient(superuser, (client) => client.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`))
  }
}

for (const role of ['probity_app', 'probity_sequencer', 'probity_operator', 'probity_keys'] as const) {
  test(`start-up refuses a superuser, BYPASSRLS, CREATEROLE, an owner and a member of the owner as ${role}`, async () => {
    assert.match(String(await openWith(role, 'SUPERUSER')), /is a superuser/)
    assert.match(String(await openWith(role, 'BYPASSRLS')), /bypasses row-level security/)
    assert.match(String(await openWith(role, 'CREATEROLE')), /may create roles/)
    const own = (name: string) =>
      `GRANT CREATE ON SCHEMA public TO ${name}; SET ROLE ${name}; CREATE TABLE t_owned (a int); RESET ROLE`
    assert.match(String(await openWith(role, '', own)), /owns tables/)
    const { user } = server.installation.owned.main
    assert.match(String(await openWith(role, '', (name) => `GRANT ${user} TO ${name}`)), /owns tables/)
    assert.equal(await openWith(role, ''), null)
  })
}
