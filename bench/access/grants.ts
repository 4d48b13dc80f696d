// What a million grants of others cost: a decision, and one right after somebody was given a role, in a tenant with a million
// grants beside one with ten, by the same server in turn. The last line is JSON.
import { caller, setUp } from '../../apps/server/test/support/server.ts'
import { benchServer, machine, percentile, spread } from '../support.ts'

const ROUNDS = 200
const GRANTS = 1_000_000
/** Grants of the people of the crowd, each on one thing; a part of them by groups. */
const EACH = 10

type Call = ReturnType<typeof caller>
interface Side {
  token: string
  tenantId: string
  userId: string
  roleId: string
}

const server = await benchServer()
const call = caller(server.url)
try {
  const few = await prepared(server.token, server.tenantId)
  const made = await server.call('POST', '/v1/tenants', { name: 'many' })
  const other = await setUp(call, made.body.setup_url, undefined, 'admin@many.example')
  const many = await prepared(other.token, other.tenantId)
  await crowd(many)
  const waits = {
    few: { decision: [], change: [], after: [] },
    many: { decision: [], change: [], after: [] },
  } as Record<'few' | 'many', Record<'decision' | 'change' | 'after', number[]>>
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, side] of [['few', few] as const, ['many', many] as const]) {
      const of = waits[name]
      of.decision.push(await timeOf(() => decide(call, side, true)))
      const grant = await granted(call, side)
      of.change.push(await timeOf(() => call('DELETE', `/v1/grants/${grant}`, undefined, { token: side.token })))
      of.after.push(await timeOf(() => decide(call, side, true)))
    }
  const told = (name: 'few' | 'many') =>
    Object.fromEntries(
      Object.entries(waits[name]).map(([what, all]) => [what, { ...spread(all), p99: percentile(all, 0.99) }]),
    )
  const ratios = Object.fromEntries(
    (['decision', 'change', 'after'] as const).map((what) => [
      what,
      percentile(waits.many[what], 0.5) / percentile(waits.few[what], 0.5),
    ]),
  )
  const result = { machine: machine(), rounds: ROUNDS, few: told('few'), many: told('many'), ratios }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  await server.stop()
}

/** Somebody with ten grants, one of which lets them read documents. */
async function prepared(token: string, tenantId: string): Promise<Side> {
  const made = await call('POST', '/v1/users', { email: 'ada@bench.example' }, { token })
  const userId = made.body.user.id as string
  await server.sql(`UPDATE security_users SET status = 'active' WHERE id = $1`, [userId])
  const permissions = [{ resource: 'document', action: 'read' }]
  const role = await call('POST', '/v1/roles', { name: 'reader', permissions }, { token })
  const side = { token, tenantId, userId, roleId: role.body.id as string }
  for (let i = 0; i < EACH; i++) await granted(call, side, `${i}`)
  return side
}

async function granted(by: Call, { token, userId, roleId }: Side, resource_id = 'more'): Promise<string> {
  const body = { user_id: userId, role_id: roleId, resource_type: 'document', resource_id }
  const { body: grant, text } = await by('POST', '/v1/grants', body, { token })
  if (!grant.id) throw new Error(text)
  return grant.id
}

/** A hundred thousand others; constraints between tables are not looked at meanwhile. */
async function crowd({ tenantId, roleId, userId }: Side): Promise<void> {
  await server.sql(
    `SET session_replication_role = replica;
     INSERT INTO user_roles (tenant_id, id, user_id, group_id, role_id, resource_type, resource_id, granted_at, granted_by, with_grant_option)
     SELECT '${tenantId}', gen_random_uuid(), CASE WHEN n % 5 > 0 THEN md5((n / ${EACH})::text)::uuid END,
       CASE WHEN n % 5 = 0 THEN md5('group' || n / 1000)::uuid END, '${roleId}', 'document', n::text, now(), '${userId}', false
     FROM generate_series(1, ${GRANTS}) n;
     ANALYZE user_roles`,
  )
}

async function decide(by: Call, { token, userId }: Side, expected: boolean): Promise<void> {
  const body = { user_id: userId, action: 'read', resource: 'document/3' }
  const answer = await by('POST', '/v1/auth/authorize', body, { token })
  if (answer.body.authorized !== expected) throw new Error(answer.text)
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
