import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../test/support/server.ts'

let server: TestServer
let tenants: string[]
before(async () => {
  server = await testServer()
  const others = [await server.secondTenant('second'), await server.secondTenant('third')]
  tenants = [server.tenantId, ...others.map(({ tenantId }) => tenantId)]
  // Whatever the order in which they are gone through, somebody comes after the one for whom it fails.
  await server.sql(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it fails'; END $$`)
})
after(() => server.stop())

/** Lets what is written to a table for one tenant fail while something is done. */
async function failing(table: string, tenantId: string, work: () => Promise<void>): Promise<void> {
  const when = `WHEN (NEW.tenant_id = '${tenantId}')`
  await server.sql(
    `CREATE TRIGGER fails BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW ${when} EXECUTE FUNCTION fail()`,
  )
  try {
    await work()
  } finally {
    await server.sql(`DROP TRIGGER fails ON ${table}`)
  }
}

/** A job that fails stays in the queue, to be tried again. */
async function run(job: string): Promise<void> {
  await server.sql(`SELECT probity_jobs.add_job($1)`, [job])
  await until(`${job} is done`, async () => (await server.sql('SELECT 1 FROM probity_jobs.jobs')).length === 0)
}

async function tenantsIn(rows: string): Promise<string[]> {
  const found = await server.sql<{ tenant: string }>(`SELECT DISTINCT tenant_id AS tenant FROM ${rows}`)
  return tenants.filter((one) => found.some(({ tenant }) => tenant === one))
}

test('a log whose verification fails keeps no other from being verified by night', async () => {
  for (const broken of tenants) {
    await server.sql('DELETE FROM audit_verifications')
    const others = tenants.filter((one) => one !== broken)
    await failing('audit_verifications', broken, () => run('verify_logs'))
    assert.deepEqual(await tenantsIn('audit_verifications'), others)
  }
})

test('a tenant whose interrupted erasure cannot be ended keeps none of another from being ended', async () => {
  for (const broken of tenants) {
    await server.sql('DELETE FROM data_erasure_requests')
    await server.sql(
      `INSERT INTO data_erasure_requests (tenant_id, id, subject_id, request_date, erasure_method, legal_basis, status)
       SELECT tenant, gen_random_uuid(), gen_random_uuid(), now() - interval '1 hour', 'CryptographicErasure', 'asked', 'InProgress'
       FROM unnest($1::uuid[]) AS tenant`,
      [tenants],
    )
    const others = tenants.filter((one) => one !== broken)
    await failing('data_erasure_requests', broken, () => run('sweep'))
    assert.deepEqual(await tenantsIn(`data_erasure_requests WHERE status = 'Completed'`), others)
  }
})
