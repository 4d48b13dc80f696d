// How long after a role was taken back on one server another still lets somebody in by it: for an application's decision,
// which reads what is committed, and for a route of Probity, whose callers are remembered until PostgreSQL tells otherwise
// (ADR 12, 16). Both servers in one process, on one database. The last line is JSON.
import { person } from '../../apps/server/test/support/people.ts'
import { testServer } from '../../apps/server/test/support/server.ts'
import { machine, percentile } from '../support.ts'

const ROUNDS = 300

const here = await testServer({ rate_limit_per_second: '100000' })
const there = await testServer({ rate_limit_per_second: '100000' }, here.installation)
try {
  const ada = await person(here)
  const permissions = [
    { resource: 'user', action: 'read' },
    { resource: 'invoice', action: 'read' },
  ]
  const role = await here.call('POST', '/v1/roles', { name: 'reader', permissions })
  const waits: { route: number[]; decision: number[] } = { route: [], decision: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const grant = await here.call('POST', '/v1/grants', { role_id: role.body.id, user_id: ada.id })
    while (!(await opens()) || !(await allows())) await new Promise((resolve) => setImmediate(resolve))
    await here.call('DELETE', `/v1/grants/${grant.body.id}`)
    const start = performance.now()
    if (await allows()) throw new Error('a decision allowed what was taken back')
    waits.decision.push(performance.now() - start)
    while (await opens()) await new Promise((resolve) => setImmediate(resolve))
    waits.route.push(performance.now() - start)
  }
  const told = ({ route, decision }: typeof waits) => ({
    ...{ route_refused_median: percentile(route, 0.5), route_refused_p99: percentile(route, 0.99) },
    ...{ decision_refused_median: percentile(decision, 0.5), decision_refused_p99: percentile(decision, 0.99) },
  })
  process.stdout.write(`${JSON.stringify({ machine: machine(), rounds: ROUNDS, milliseconds: told(waits) })}\n`)

  async function opens(): Promise<boolean> {
    return (await there.call('GET', '/v1/users', undefined, { token: ada.token })).status === 200
  }

  async function allows(): Promise<boolean> {
    const asked = { user_id: ada.id, action: 'read', resource: 'invoice/1' }
    return (await there.call('POST', '/v1/auth/authorize', asked, { token: here.token })).body.authorized === true
  }
} finally {
  await there.stop()
  await here.stop()
}
