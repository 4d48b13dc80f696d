import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let count = 0
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown) => server.call(method, path, body)
const code = ({ status, body }: Answer) => [status, body?.code]

test('policies with a schema beside them fit it, as Cedar’s own validation has it', async () => {
  const schema = `entity User; entity invoice { amount: Long };
    action read appliesTo { principal: User, resource: invoice };`
  const write = (condition: string, more: object = {}) => {
    const cedar = `permit (principal is User, action == Action::"read", resource is invoice) when { ${condition} };`
    const body = {
      policy_name: `with schema ${++count}`,
      policy_type: 'Access',
      policy_rules: { cedar, schema, ...more },
    }
    return call('POST', '/v1/policies', body)
  }
  assert.equal((await write('resource.amount < 5')).status, 201)
  for (const [condition, told] of [
    ['resource.amuont < 5', /amuont/],
    ['resource.amount < "5"', /type/i],
    ['resource.owner == principal', /owner/],
  ] as const) {
    const answer = await write(condition)
    assert.deepEqual(code(answer), [400, 'VALIDATION_FAILED'], answer.text)
    assert.match(answer.body.details.issues[0].message, told)
  }
  for (const one of ['entity', 5, `entity A { a: ${'Set<'.repeat(300)}Long${'>'.repeat(300)} };`])
    assert.equal((await write('true', { schema: one })).body.details.issues[0].pointer, '/policy_rules/schema')
})

test('policies are formatted as Cedar does it', async () => {
  const format = (cedar: string) => call('POST', '/v1/policies/format', { cedar })
  const told = await format('permit(principal,action,resource)// all\nwhen{ true };')
  assert.equal(told.body.cedar, 'permit (principal, action, resource) // all\nwhen { true };\n')
  const deep = `permit (principal, action, resource) when { ${'('.repeat(10)}true${`${' && true'.repeat(800)})`.repeat(10)} };`
  for (const cedar of ['permit (principal', deep]) {
    const refused = await format(cedar)
    assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'])
    assert.equal(refused.body.details.issues[0].pointer, '/cedar')
  }
  assert.equal((await format('')).body.cedar, '')
})
