import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, before, test } from 'node:test'
import { account } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const call = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
  const answer = await server.call(method, path, body)
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}

/** Of the longest that is allowed, and it is false to its end. */
const LONG = `${Array.from({ length: 200 }, (_, i) => `resource.a == "${i}"`).join(' || ')} || resource.open`
const attributes = { a: 'none of these', open: false }

/** Somebody whose permissions take so long that a batch of questions about them takes a second or more. */
async function slowToDecide(): Promise<string> {
  const id = await account(server)
  const conditions = Array.from({ length: 80 }, (_, i) => [{ type: 'cedar', expression: `${LONG} || ${i} < 0` }])
  const permissions = conditions.map((one) => ({ action: 'read', resource: 'thing', conditions: one }))
  const role = await call('POST', '/v1/roles', { name: 'slow', permissions })
  await call('POST', '/v1/grants', { role_id: role.id, user_id: id })
  return id
}

/** What work answers, of which no part holds the loop for long. */
async function heldBriefly<T>(work: () => Promise<T>): Promise<T> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const start = performance.now()
  delay.enable()
  const answer = await work()
  delay.disable()
  const total = performance.now() - start
  const [longest, most] = [delay.max / 1e6, total / 4]
  assert.ok(longest < most, `the loop was held for ${longest} ms of ${total} at once`)
  return answer
}

test('a batch that takes long holds nobody else up, and is answered as its questions are one by one', async () => {
  const user_id = await slowToDecide()
  const ask = (resource: string, resource_attributes: object) => ({ resource, resource_attributes })
  const asked = Array.from({ length: 250 }, (_, i) => ask(`thing/${i}`, { ...attributes, open: i % 5 === 0 }))
  const few = asked.slice(0, 10)
  const decide = (questions: object[]) =>
    call('POST', '/v1/auth/authorize/batch', { user_id, action: 'read', questions })
  const alone = async (one: object) =>
    (await call('POST', '/v1/auth/authorize', { user_id, action: 'read', ...one })).authorized
  const singly = []
  for (const one of few) singly.push(await alone(one)) // and the model was read
  const { answers } = await heldBriefly(() => decide(asked))
  const told = answers.map((one: Answer['body']) => one.authorized)
  assert.deepEqual(told.slice(0, few.length), singly)
  assert.deepEqual(
    told,
    asked.map((_, i) => i % 5 === 0),
  )
})

test('a condition on a list that takes long holds nobody else up, and says what it is', async () => {
  const id = await account(server)
  const expressions = Array.from({ length: 80 }, (_, i) => `(${LONG}) && principal.id == "${i}"`)
  const permissions = expressions.map((expression) => ({
    ...{ action: 'read', resource: 'thing', conditions: [{ type: 'cedar', expression }] },
  }))
  const role = await call('POST', '/v1/roles', { name: 'slow to list', permissions })
  await call('POST', '/v1/grants', { role_id: role.id, user_id: id })
  const filter = () => call('POST', '/v1/auth/filter', { user_id: id, action: 'read', resource_type: 'thing' })
  await filter() // and the model was read
  const answer = await heldBriefly(filter)
  assert.deepEqual([answer.filter, answer.exact], [{ op: 'false' }, true])
})

test('batches of one tenant, however many, leave the others their connections to the database', async () => {
  const small = await testServer({}, undefined, { connections: 3 })
  try {
    const { token } = await small.secondTenant('neighbour')
    const permissions = Array.from({ length: 40 }, (_, i) => ({
      ...{ action: 'read', resource: 'thing', conditions: [{ type: 'cedar', expression: `${LONG} || ${i} < 0` }] },
    }))
    const role = await small.call('POST', '/v1/roles', { name: 'slow', permissions })
    const someone = await account(small)
    assert.equal((await small.call('POST', '/v1/grants', { role_id: role.body.id, user_id: someone })).status, 201)
    const questions = Array.from({ length: 200 }, (_, i) => ({
      resource: `thing/${i}`,
      resource_attributes: attributes,
    }))
    const batch = { user_id: someone, action: 'read', questions }
    const order: string[] = []
    const batches = Array.from({ length: 6 }, async () => {
      assert.equal((await small.call('POST', '/v1/auth/authorize/batch', batch)).status, 200)
      order.push('batch')
    })
    const { status } = await small.call(
      'POST',
      '/v1/auth/authorize',
      { action: 'read', resource: 'thing/1' },
      { token },
    )
    order.push('neighbour')
    assert.equal(status, 200)
    await Promise.all(batches)
    assert.ok(order.indexOf('neighbour') < 2, String(order))
  } finally {
    await small.stop()
  }
})
