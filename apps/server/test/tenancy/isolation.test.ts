import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Connection } from '../../src/platform/database/pools.ts'
import { connectionOf, withClient } from '../../src/platform/database/provision.ts'
import { SoftAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/codes.ts'
import { type Answer, TEST_ROOT_KEY, type TestServer, testServer, until } from '../support/server.ts'
import { Attacker, type Outcome, snapshot, type Table, tenantTables } from './attack.ts'

// Tenant A attacks with the server's own roles everything that tenant B has.
let server: TestServer
let b: { tenantId: string; token: string }
let sides: { name: string; superuser: Connection; role: Connection; tables: Table[] }[]
before(async () => {
  server = await testServer()
  b = await server.secondTenant('bravo')
  await fill(b.token)
  await fill(server.token)
  const { installation } = server
  sides = [
    {
      name: 'main',
      superuser: installation.superuser,
      role: connectionOf(installation.owned, TEST_ROOT_KEY, 'probity_app'),
      tables: [],
    },
    {
      name: 'keystore',
      superuser: installation.keystoreSuperuser,
      role: connectionOf(installation.owned, TEST_ROOT_KEY, 'probity_keys'),
      tables: [],
    },
  ]
  for (const side of sides) side.tables = await tenantTables(side.superuser)
  await until('every head is anchored: nothing moves any more', async () => (await restless()).length === 0)
  await assertFilled()
})
after(() => server.stop())

async function provisioned(call: (method: string, path: string, body: unknown, headers?: object) => Promise<Answer>) {
  const client = await call('POST', '/v1/service-accounts', { name: 'directory' })
  const given = { name: 'scim', scopes: ['identity:provision'], service_account_id: client.body.id }
  const { token } = (await call('POST', '/v1/tokens', given)).body
  const schema = (name: string) => [`urn:ietf:params:scim:schemas:core:2.0:${name}`]
  const person = { schemas: schema('User'), userName: 'provisioned@example.org' }
  const made = await server.call('POST', '/scim/v2/Users', person, { token })
  const group = { schemas: schema('Group'), displayName: 'group', members: [{ value: made.body.id }] }
  await server.call('POST', '/scim/v2/Groups', group, { token })
  await call('POST', '/v1/domains', { domain: 'tenant.example' })
  const app = { name: 'app', kind: 'machine' }
  const { body } = await call('POST', '/v1/applications', app)
  await fetch(`${body.issuer}/token`, {
    ...{ method: 'POST', body: 'grant_type=client_credentials' },
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${body.id}:${body.client_secret}`).toString('base64')}`,
    },
  })
}

/** Rows in as many tables as the API reaches. */
async function fill(token: string): Promise<void> {
  const call = (method: string, path: string, body: unknown, headers = {}) =>
    server.call(method, path, body, { token, headers })
  const event = (user_id: string) => ({
    event_id: randomUUID(),
    event_type: 'a.b',
    user_id,
    action: 'do',
    outcome: 'Success',
    ip_address: '192.0.2.9',
  })
  await call('POST', '/v1/audit/events', [event('ada'), event('bob')], { 'idempotency-key': 'k' })
  await call('POST', '/v1/audit/verify', {})
  await call('DELETE', '/v1/privacy/data-subjects/bob', { legal_basis: 'asked' })
  const tenant = (await call('GET', '/v1/audit/key', undefined)).body.origin.split('/')[1]
  await call('POST', '/v1/users', { email: 'colleague@example.org' })
  const opened = await call('POST', '/v1/auth/login', {
    credential_type: 'username_password',
    tenant,
    username: token === server.token ? 'admin@first.example' : 'admin@bravo.example',
    password: 'correct horse battery staple',
  })
  await secondFactor(opened.body.access_token)
  await call('POST', '/v1/connections', {
    ...{ kind: 'oidc', name: 'idp' },
    settings: { issuer: 'https://idp.example', client_id: 'probity' },
  })
  for (const text of [
    `INSERT INTO external_identities (tenant_id, connection_id, subject_index, user_id, created_at, last_login_at)
     SELECT tenant_id, id, sha256('sub'), (SELECT id FROM security_users u WHERE u.tenant_id = $1 LIMIT 1), now(), now()
     FROM identity_connections WHERE tenant_id = $1`,
    `INSERT INTO federation_requests (tenant_id, token_hash, connection_id, expires_at)
     SELECT tenant_id, sha256('token'), id, now() FROM identity_connections WHERE tenant_id = $1`,
    `INSERT INTO used_assertions (tenant_id, connection_id, assertion_hash, expires_at)
     SELECT tenant_id, id, sha256('assertion'), now() FROM identity_connections WHERE tenant_id = $1`,
  ])
    await server.sql(text, [tenant])
  await provisioned(call)
  await roles(call, opened.body.access_token)
  await policies(call, tenant)
  await call('PATCH', '/v1/sign-in-rules', { remembered_device_days: 1 })
  await server.sql(
    `INSERT INTO remembered_devices (tenant_id, id, user_id, token_hash, created_at, expires_at, last_used_at)
     SELECT tenant_id, gen_random_uuid(), id, sha256(id::text::bytea), now(), now(), now() FROM security_users WHERE tenant_id = $1`,
    [tenant],
  )
  await server.sql(
    `INSERT INTO sent_codes (tenant_id, factor_id, tries, sent_at, expires_at, counted_since, sent_count)
     SELECT tenant_id, id, 0, now(), now(), now(), 1 FROM second_factors WHERE tenant_id = $1`,
    [tenant],
  )
  await server.sql(
    `INSERT INTO audit_inbox (tenant_id, id, event_id, leaf, content, parts)
     VALUES ($1, gen_random_uuid(), gen_random_uuid(), 'no event: it is put aside', NULL, '[]')`,
    [tenant],
  )
  // A full tile of level 1 needs 256 entries.
  await call(
    'POST',
    '/v1/audit/events',
    Array.from({ length: 300 }, () => event('ada')),
  )
}

/** A role with a parent and a permission, which a group has, and one that it excludes; somebody asks for it, and it is reviewed. */
async function roles(
  call: (method: string, path: string, body: unknown) => Promise<Answer>,
  session: string,
): Promise<void> {
  const permissions = [{ resource: 'invoice', action: 'read' }]
  const parent = await call('POST', '/v1/roles', { name: 'reader', permissions })
  await call('POST', '/v1/roles', { name: 'payer', parent_roles: [parent.body.id] })
  const other = await call('POST', '/v1/roles', { name: 'approver' })
  const pair = { role_id: parent.body.id, other_role_id: other.body.id }
  await call('POST', '/v1/role-exclusions', { kind: 'static', ...pair })
  const elevation = { role_id: parent.body.id, duration_seconds: 300, reason: 'on call' }
  await server.call('POST', '/v1/elevations', elevation, { token: session })
  const group = await call('POST', '/v1/groups', { name: 'payers' })
  await call('POST', '/v1/grants', { role_id: parent.body.id, group_id: group.body.id })
  await call('POST', '/v1/access/reviews', { name: 'yearly', due_at: '2099-01-01T00:00:00Z', everything: true })
}

/** A policy that warns, so that a decision is another by it; a decision, and an entity in another. */
async function policies(
  call: (method: string, path: string, body: unknown) => Promise<Answer>,
  tenant: string,
): Promise<void> {
  const rules = { cedar: 'permit (principal, action, resource);' }
  const { body } = await call('POST', '/v1/policies', {
    ...{ policy_name: 'open', policy_type: 'Access', policy_rules: rules, enforcement_mode: 'Warn' },
  })
  await call('POST', `/v1/policies/${body.id}/versions/1/shadow`, { days: 1 })
  const folder = { type: 'folder', id: '1' }
  await call('PUT', '/v1/access/entities', { entities: [folder, { type: 'invoice', id: '1', parents: [folder] }] })
  const { moment } = (await call('POST', '/v1/access/moments', {})).body
  await call('POST', '/v1/auth/authorize', { action: 'read', resource: 'invoice/1', at_least: moment })
  const seen = await server.sql('SELECT 1 FROM policy_differences WHERE tenant_id = $1', [tenant])
  assert.equal(seen.length, 1, 'the decision would have been another')
}

/** A passkey, a challenge for another, an authenticator and backup codes of the person of a session. */
async function secondFactor(token: string): Promise<void> {
  const options = () => server.call('POST', '/v1/me/passkeys/options', undefined, { token })
  const credential = new SoftAuthenticator(server.url).register((await options()).body)
  assert.equal((await server.call('POST', '/v1/me/passkeys', { credential }, { token })).status, 201)
  await options()
  const { body } = await server.call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, { token })
  const code = codeOf(body.setup_key)
  const confirmed = await server.call('POST', '/v1/auth/mfa/confirm', { factor_id: body.factor_id, code }, { token })
  assert.equal(confirmed.status, 200, confirmed.text)
}

/** Logs that have entries which wait, or a head that is not anchored yet. */
function restless() {
  return server.sql(
    `SELECT l.tenant_id FROM audit_logs l LEFT JOIN audit_anchors a USING (tenant_id)
     WHERE l.tenant_id = ANY ($1) AND (a.size IS DISTINCT FROM l.size OR EXISTS (SELECT 1 FROM audit_inbox))`,
    [[server.tenantId, b.tenantId]],
  )
}

/** The inbox is empty again as soon as it is sequenced. */
async function assertFilled(): Promise<void> {
  const [main] = sides
  assert.ok(main)
  const rows = await snapshot(main.superuser, main.tables, b.tenantId)
  const empty = Object.keys(rows).filter((name) => rows[name]?.length === 0)
  assert.deepEqual(
    empty.filter((name) => !/^(audit_inbox|setup_links)$/.test(name)),
    [],
    'every other table has rows of tenant B',
  )
}

const attack = <T>(role: Connection, tenantId: string | null, work: (attacker: Attacker) => Promise<T>) =>
  withClient(role, (client) => work(new Attacker(client, tenantId)))

/** Nothing happened: no row, or a refusal of rights. */
function assertRepelled(outcome: Outcome, what: string): void {
  if ('rows' in outcome) assert.equal(outcome.rows, 0, what)
  else assert.equal(outcome.code, '42501', `${what}: ${outcome.text}`)
}

/** The attacker sends each statement in turn; afterwards tenant B is as it was. */
async function eachTable(
  work: (attacker: Attacker, table: Table, side: (typeof sides)[number]) => Promise<void>,
  as = server.tenantId,
) {
  for (const side of sides) {
    const before = await snapshot(side.superuser, side.tables, b.tenantId)
    await attack(side.role, as, async (attacker) => {
      for (const table of side.tables) await work(attacker, table, side)
    })
    assert.deepEqual(await snapshot(side.superuser, side.tables, b.tenantId), before, side.name)
  }
}

test('no row of another tenant is read, by whatever question', async () => {
  await eachTable(async (attacker, { name, tenant }) => {
    assertRepelled(await attacker.attempt(`SELECT 1 FROM ${name} WHERE ${tenant} = $1`, [b.tenantId]), name)
    assertRepelled(await attacker.attempt(`SELECT 1 FROM ${name} WHERE ${tenant} <> $1`, [server.tenantId]), name)
    assertRepelled(await attacker.attempt(`SELECT 1 FROM ${name} WHERE ${tenant} = $1 FOR UPDATE`, [b.tenantId]), name)
    const counted = await attacker.attempt(
      `SELECT 1 FROM (SELECT count(1) AS n FROM ${name} WHERE ${tenant} = $1) c WHERE n > 0`,
      [b.tenantId],
    )
    assertRepelled(counted, `count of ${name}`)
  })
})

test('no row of another tenant is changed or deleted, and the row count is 0', async () => {
  await eachTable(async (attacker, { name, tenant, columns }) => {
    for (const column of columns) {
      const outcome = await attacker.attempt(`UPDATE ${name} SET ${column} = ${column} WHERE ${tenant} = $1`, [
        b.tenantId,
      ])
      assertRepelled(outcome, `${name}.${column}`)
    }
    assertRepelled(
      await attacker.attempt(`UPDATE ${name} SET ${tenant} = $1 WHERE ${tenant} = $2`, [server.tenantId, b.tenantId]),
      name,
    )
    assertRepelled(await attacker.attempt(`DELETE FROM ${name} WHERE ${tenant} = $1`, [b.tenantId]), name)
    assertRepelled(await attacker.attempt(`DELETE FROM ${name} WHERE ${tenant} <> $1`, [server.tenantId]), name)
    const truncated = await attacker.attempt(`TRUNCATE ${name} CASCADE`)
    assert.ok('code' in truncated && truncated.code === '42501', `TRUNCATE ${name}`)
  })
})

test('no own row is given to another tenant', async () => {
  await eachTable(async (attacker, { name, tenant }) => {
    const moved = await attacker.attempt(`UPDATE ${name} SET ${tenant} = $1`, [b.tenantId], false)
    if ('rows' in moved) assert.equal(moved.rows, 0, name)
    else assert.match(moved.code, /^(42501|23503)$/, `${name}: ${moved.text}`)
  })
})

/** A row of tenant B as JSON, to be written again. */
async function rowOf(
  superuser: Connection,
  { name, tenant }: Table,
  tenantId: string,
): Promise<Record<string, unknown> | null> {
  const { rows } = await withClient(superuser, (client) =>
    client.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM ${name} t WHERE ${tenant} = $1 LIMIT 1`,
      [tenantId],
    ),
  )
  return rows[0]?.row ?? null
}

const copy = (name: string) => `INSERT INTO ${name} SELECT (jsonb_populate_record(NULL::${name}, $1::jsonb)).*`

test('no row is inserted into another tenant: known or new, the refusal is the same and tells nothing', async () => {
  await eachTable(async (attacker, table, { superuser }) => {
    const row = await rowOf(superuser, table, b.tenantId)
    if (row === null) return
    const known = await attacker.attempt(copy(table.name), [JSON.stringify(row)])
    const stranger = await attacker.attempt(copy(table.name), [
      JSON.stringify({ ...row, [table.tenant]: randomUUID() }),
    ])
    assert.ok('code' in known, `${table.name} took a row of another tenant`)
    assert.equal(known.code, '42501', `${table.name}: ${known.text}`)
    assert.deepEqual(stranger, known, `${table.name}: the refusal depends on what tenant B has`)
    for (const value of Object.values(row))
      if (typeof value === 'string' && value.length > 8) assert.ok(!known.text.includes(value), table.name)
  })
})

test('an own row with another tenant’s ids meets no unique violation', async () => {
  await eachTable(async (attacker, table, { superuser }) => {
    const row = await rowOf(superuser, table, b.tenantId)
    if (row === null) return
    const outcome = await attacker.attempt(
      copy(table.name),
      [JSON.stringify({ ...row, [table.tenant]: server.tenantId })],
      false,
    )
    if ('code' in outcome && outcome.code === '23505') {
      const own = await rowOf(superuser, table, server.tenantId)
      assert.ok(own, `${table.name}: a unique violation although tenant A has no row: ${outcome.text}`)
      assert.ok(outcome.text.includes(server.tenantId) || !outcome.text.includes(b.tenantId), outcome.text)
    }
  })
})

test('a foreign key to another tenant’s row fails like one to a row that never was', async () => {
  const [main] = sides
  assert.ok(main)
  const { rows } = await withClient(main.superuser, (client) =>
    client.query<{ id: string }>('SELECT id FROM security_users WHERE tenant_id = $1', [b.tenantId]),
  )
  const point = (userId: string) => (attacker: Attacker) =>
    attacker.attempt(
      `INSERT INTO api_tokens (tenant_id, id, name, secret_hash, scopes, created_by, created_at, made_by) VALUES ($1, $2, 'n', $3, '{a}', $4, now(), ARRAY[$4::uuid])`,
      [server.tenantId, randomUUID(), randomBytes(32), userId],
    )
  const real = rows[0]?.id ?? ''
  const never = randomUUID()
  const toReal = await attack(main.role, server.tenantId, point(real))
  const toNever = await attack(main.role, server.tenantId, point(never))
  assert.ok('code' in toReal && 'code' in toNever)
  assert.equal(toReal.code, '23503')
  assert.equal(toReal.text.replaceAll(real, 'ID'), toNever.text.replaceAll(never, 'ID'))
})

test('an expression that fails on a value is not evaluated on another tenant’s rows', async () => {
  const nobody = randomUUID()
  await eachTable(async (attacker, { name }) => {
    const outcome = await attacker.attempt(`SELECT 1 FROM ${name} t WHERE (t::text)::integer = 1`)
    assertRepelled(outcome, name)
  }, nobody)
})

test('without a tenant there are no rows and no error', async () => {
  for (const { role, tables } of sides) {
    for (const tenantId of [null, '']) {
      await attack(role, tenantId, async (attacker) => {
        for (const { name } of tables) {
          const outcome = await attacker.attempt(`SELECT 1 FROM ${name}`)
          if ('rows' in outcome) assert.equal(outcome.rows, 0, name)
          else assert.ok(outcome.code === '42501' && name === 'setup_links', `${name}: ${outcome.text}`)
        }
      })
    }
  }
})

test('the application reaches no sequence, no view, no function and no other schema of ours', async () => {
  for (const { role } of sides) {
    const { rows } = await withClient(role, (client) =>
      client.query(`
        SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('S', 'v', 'm') AND n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema'
          AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        UNION ALL SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema'
          AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')`),
    )
    assert.deepEqual(rows, [])
  }
})

test('the application reads no set-up link and makes nothing: no table, schema, role, trigger or policy', async () => {
  const [main] = sides
  assert.ok(main)
  await attack(main.role, server.tenantId, async (attacker) => {
    for (const text of [
      'SELECT 1 FROM setup_links',
      'CREATE TABLE mine (a int)',
      'CREATE SCHEMA mine',
      'CREATE ROLE mine',
      'ALTER TABLE audit_bundles DISABLE ROW LEVEL SECURITY',
      'ALTER TABLE audit_bundles NO FORCE ROW LEVEL SECURITY',
      'CREATE POLICY mine ON audit_bundles USING (true)',
      'SET ROLE probity_sequencer',
      'SET SESSION AUTHORIZATION probity_operator',
      `COPY audit_bundles TO PROGRAM 'cat'`,
    ]) {
      const outcome = await attacker.attempt(text)
      assert.ok('code' in outcome && /^(42501|42809)$/.test(outcome.code), `${text}: ${JSON.stringify(outcome)}`)
    }
  })
})
