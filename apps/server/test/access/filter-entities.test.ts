import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { account, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { passes } from './passes.ts'

let server: TestServer
let second: string
before(async () => {
  server = await testServer({ rate_limit_per_second: '100000' })
  second = (await person(server, { scopes: ['tenant:admin', 'access:decide'] })).token
})
after(() => server.stop())

const call = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
  const answer = await server.call(method, path, body)
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
let count = 0
const newType = () => `type_${++count}`
const role = async (resource: string, ...conditions: object[]): Promise<string> =>
  (
    await call('POST', '/v1/roles', {
      name: `role ${++count}`,
      permissions: [{ action: 'read', resource, conditions }],
    })
  ).id
const grant = (role_id: string, user_id: string, resource_type: string, resource_id?: string) =>
  call('POST', '/v1/grants', { role_id, user_id, resource_type, ...(resource_id && { resource_id }) })
const tell = (...entities: object[]) => call('PUT', '/v1/access/entities', { entities })
const filtered = (user_id: string, resource_type: string) =>
  call('POST', '/v1/auth/filter', { user_id, action: 'read', resource_type })
const isAllowed = async (user_id: string, resource: string, resource_attributes: object = {}) =>
  (await call('POST', '/v1/auth/authorize', { user_id, action: 'read', resource, resource_attributes })).authorized

test('a grant on what a resource is in lets it through, and says that it has to be decided; what is in nothing is as before', async () => {
  const id = await account(server)
  const [file, folder] = [newType(), newType()]
  const reads = await role(file)
  await grant(reads, id, folder, 'top')
  const within = (type: string, one: string, parent: string) => ({
    ...{ type, id: one, parents: [{ type: folder, id: parent }] },
  })
  await tell(within(folder, 'inner', 'top'), within(file, '1', 'inner'), within(file, '2', 'other'))
  const { filter, exact } = await filtered(id, file)
  assert.equal(exact, false)
  const passing = ['1', '2', '3'].filter((one) => passes(filter, { id: one, attributes: {} }))
  assert.deepEqual(passing, ['1'])
  assert.deepEqual([await isAllowed(id, `${file}/1`), await isAllowed(id, `${file}/2`)], [true, false])
  const everywhere = await account(server)
  await grant(reads, everywhere, folder)
  const wide = (await filtered(everywhere, file)).filter
  for (const one of ['1', '2', '3'])
    assert.equal(passes(wide, { id: one, attributes: {} }), one !== '3', 'of a type: whatever was told to be in one')
  const other = newType()
  await grant(await role(other), id, other)
  const plain = await filtered(id, other)
  assert.deepEqual([plain.filter, plain.exact], [{ op: 'true' }, true], 'of which nothing was told')
})

test('a policy on what a resource is in, and attributes that were told of it, let through what a decision allows', async () => {
  const id = await account(server)
  const [file, folder] = [newType(), newType()]
  const by = (condition: string) => `permit (principal == User::"${id}", action, ${condition};`
  await policyInForce(server, second, by(`resource in ${folder}::"top")`))
  await policyInForce(server, second, by(`resource is ${file}) when { resource has open && resource.open }`))
  await tell(
    { type: file, id: '1', parents: [{ type: folder, id: 'top' }] },
    { type: file, id: '2', attributes: { open: true } },
    { type: file, id: '3', attributes: { open: false } },
  )
  const { filter, exact } = await filtered(id, file)
  assert.equal(exact, false)
  for (const [one, allowed] of [['1', true] as const, ['2', true] as const, ['4', false] as const]) {
    assert.equal(await isAllowed(id, `${file}/${one}`), allowed, one)
    assert.equal(passes(filter, { id: one, attributes: {} }), allowed, one)
  }
  assert.equal(passes(filter, { id: '4', attributes: { open: true } }), true, 'of which nothing was told')
})

test('whatever is told and given, no resource that a decision allows is left out', async () => {
  const ids = ['1', '2', '3', '4', '5']
  const [file, folder] = [newType(), newType()]
  const place = fc.constantFrom('a', 'b')
  const thing = fc.record({
    id: fc.constantFrom(...ids),
    in: fc.option(place),
    level: fc.option(fc.integer({ min: 1, max: 3 })),
  })
  const on = fc.constantFrom([folder, 'a'], [folder, 'b'], [folder], [file], [file, '2'])
  const low = { type: 'attribute', attribute: 'resource.level', operator: 'at_most', value: 2 }
  const secret = { type: 'cedar', expression: `!(resource in ${folder}::"b") && resource.level != 3` }
  const roles = await Promise.all([role(file), role(file, low), role(file, secret)])
  const given = fc.array(fc.tuple(fc.constantFrom(...roles), on), { minLength: 1, maxLength: 3 })
  const worlds = fc.sample(fc.tuple(fc.array(thing, { maxLength: 4 }), given), { numRuns: 40, seed: 7 })
  let [let_through, exactly] = [0, 0]
  for (const [things, grants] of worlds) {
    await call('POST', '/v1/access/entities/remove', { entities: ids.map((id) => ({ type: file, id })) })
    const told = things.map(({ id, in: parent, level }) => ({
      ...{ type: file, id, attributes: level === null ? {} : { level } },
      parents: parent === null ? [] : [{ type: folder, id: parent }],
    }))
    if (told.length > 0) await tell(...told)
    const user = await account(server)
    for (const [role_id, [type = '', id]] of grants) await grant(role_id, user, type, id)
    const { filter, exact } = await filtered(user, file)
    const rows = ids.flatMap((id) => [{}, { level: 1 }, { level: 3 }].map((attributes) => ({ id, attributes })))
    const questions = rows.map(({ id, attributes }) => ({ resource: `${file}/${id}`, resource_attributes: attributes }))
    const { answers } = await call('POST', '/v1/auth/authorize/batch', { user_id: user, action: 'read', questions })
    for (const [i, row] of rows.entries()) {
      const passed = passes(filter, row)
      const message = JSON.stringify([row, filter, told, grants])
      assert.ok(exact ? passed === answers[i].authorized : passed || !answers[i].authorized, message)
      if (passed) let_through++
    }
    if (exact) exactly++
  }
  assert.ok(let_through < (worlds.length * ids.length * 3 * 3) / 4, 'it leaves out what cannot be allowed')
  assert.ok(exactly > 0)
})
