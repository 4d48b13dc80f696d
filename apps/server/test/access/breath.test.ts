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
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const start = performance.now()
  delay.enable()
  const { answers } = await decide(asked)
  delay.disable()
  const total = performance.now() - start
  const [longest, most] = [delay.max / 1e6, total / 4]
  assert.ok(longest < most, `the loop was held for ${longest} ms of ${total} at once`)
  const told = answers.map((one: Answer['body']) => one.authorized)
  assert.deepEqual(told.slice(0, few.length), singly)
  assert.deepEqual(
    told,
    asked.map((_, i) => i % 5 === 0),
  )
})
