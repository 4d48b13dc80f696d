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

test('a schema that would take the validator long is refused before it sees it, and so is one that all of the policies make long', async () => {
  const kinds = (all: number) => Array.from({ length: all }, (_, i) => `E${i}`).join(', ')
  const pairs = (all: number) =>
    `entity ${kinds(all)}; action read appliesTo { principal: [${kinds(all)}], resource: [${kinds(all)}] };`
  const beside = 'entity U; action read appliesTo { principal: U, resource: U };'
  const many = (all: number, one: (i: number) => string) => Array.from({ length: all }, (_, i) => one(i)).join('\n')
  const doubling = (all: number) =>
    `type T0 = { a: Long };\n${many(all, (i) => `type T${i + 1} = { a: T${i}, b: T${i} };`)}\nentity V { a: T${all} };`
  const group = (kind: string, all: number) => `${kind} A0;\n${many(all, (i) => `${kind} A${i + 1} in [A${i}];`)}`
  const permit = (condition: string) => `permit (principal, action, resource) when { ${condition} };`
  const chain = (all: number) => Array.from({ length: all }, () => 'principal == resource').join(' || ')
  const write = async (schema: string, cedar = permit('true')) => {
    const policy_rules = { cedar, schema }
    return call('POST', '/v1/policies/check', { policy_type: 'Access', policy_rules, tests: [] })
  }
  for (const [name, schema, cedar, told] of [
    ['types', beside + doubling(20), permit('true'), /written out/],
    [
      'of a namespace',
      `${beside}namespace N { ${doubling(20).replaceAll(': T', ': N::T')} }`,
      permit('true'),
      /written out/,
    ],
    ['lists', `${beside}entity ${kinds(400)} in [${kinds(400)}];`, permit('true'), /written out/],
    ['kinds in others', beside + group('entity', 600), permit('true'), /are in others/],
    ['actions in others', beside + group('action', 600), permit('true'), /are in others/],
    ['pairs', pairs(40), permit('true'), /pairs of a type/],
    ['pairs and terms', pairs(30), permit(chain(100)), /the names in one policy/],
    ['pairs and policies', pairs(30), many(450, () => permit('true')), /the names in one policy/],
  ] as const) {
    const refused = await write(schema, cedar)
    assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'], name)
    const [issue] = refused.body.details.issues
    assert.equal(issue.pointer, '/policy_rules/schema', name)
    assert.match(issue.message, told, name)
  }
  for (const [name, schema, cedar] of [
    ['types', beside + doubling(7), permit('true')],
    ['fields that are called as a type is', `${beside}type a = { a: { a: Long } }; entity V { a: a };`, permit('true')],
    ['groups', beside + group('action', 300), permit('true')],
    ['pairs', pairs(30), permit('true')],
    ['pairs and terms', pairs(5), permit(chain(900))],
    ['pairs and policies', pairs(30), many(100, () => permit('true'))],
  ] as const) {
    const answer = await write(schema, cedar)
    assert.equal(answer.status, 200, `${name}: ${answer.text}`)
  }
  const late = many(100, (i) => permit(i < 99 ? 'true' : 'resource.amount == 5'))
  const unfit = await write(pairs(30), late)
  assert.match(unfit.body.details.issues[0].message, /does not fit the schema: .*amount/)
  assert.equal(unfit.body.details.issues[0].pointer, '/policy_rules/cedar')
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
  const wide = `permit (principal, action, resource) when { [${'[1, 1, 1, 1, 1, 1, 1, 1, 1, 1],'.repeat(900)}[1]].isEmpty() };`
  assert.equal((await format(wide)).status, 200)
  const wider = await format(wide.replaceAll('[1,', '[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,'))
  assert.match(wider.body.details.issues[0].message, /names and signs/)
})
