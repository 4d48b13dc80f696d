import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { naiveTwin } from './policy-attacks/naive-twin.ts'
import { type Attack, may, type Place, probity, step, unique, written } from './policy-attacks/place.ts'

const twin = naiveTwin()
let real: Place
before(async () => {
  real = await probity()
})
after(() => real.stop())

const forGuests = (action: string, type: string) =>
  `permit (principal is guest, action == Action::"${action}", resource is ${type});`
const inForce = async (place: Place, cedar: string, more: object = {}) => {
  const policy = await written(place, cedar, more)
  await step(place, policy, 'submit', place.author, { accept_warnings: true })
  assert.equal((await step(place, policy, 'approve', place.second)).status, 200, 'the policy counts')
  return policy
}

const ATTACKS: Record<string, Attack> = {
  'the author approves by a second account of the same person': async (place) => {
    const type = unique('type')
    const twinToken = await place.ownTwin()
    const policy = await written(place, forGuests('read', type))
    await step(place, policy, 'submit', place.author)
    await step(place, policy, 'approve', twinToken)
    return may(place, 'read', type)
  },

  'what was approved is edited, and the approval stays': async (place) => {
    const type = unique('type')
    const policy = await inForce(place, forGuests('read', type))
    const rules = { policy_rules: { cedar: forGuests('delete', type) } }
    await place.call('PATCH', `/v1/policies/${policy.id}`, rules, place.author)
    return may(place, 'delete', type)
  },

  'the approval of what was approved before is sent again, for what is in review': async (place) => {
    const type = unique('type')
    const policy = await inForce(place, forGuests('read', type))
    const rules = { policy_rules: { cedar: forGuests('delete', type) } }
    await place.call('PATCH', `/v1/policies/${policy.id}`, rules, place.author)
    await step(place, { ...policy, version: 2 }, 'submit', place.author)
    await step(place, policy, 'approve', place.second)
    return may(place, 'delete', type)
  },

  'a body says that it is approved, and by whom (mass assignment)': async (place) => {
    const type = unique('type')
    await written(place, forGuests('read', type), { state: 'approved', approved_by: 'somebody', is_active: true })
    return may(place, 'read', type)
  },

  'a change of a policy says that it is approved (mass assignment)': async (place) => {
    const type = unique('type')
    const { id } = await written(place, forGuests('read', type))
    await place.call('PATCH', `/v1/policies/${id}`, { state: 'approved', created_by: 'somebody' }, place.author)
    return may(place, 'read', type)
  },

  'a policy that locks everyone out is submitted without a warning': async (place) => {
    const policy = await written(place, 'forbid (principal, action, resource is nothing_of_the_kind) when { true };')
    const all = await written(place, 'forbid (principal, action, resource);')
    assert.equal((await step(place, policy, 'submit', place.author)).status, 200, 'of what is harmless nothing is said')
    return (await step(place, all, 'submit', place.author)).status === 200
  },

  'a guest is put into a role by a relation': async (place) => {
    const { body } = await place.call('GET', '/v1/roles', undefined, place.author)
    const owner = body.roles.find((one: { name: string }) => one.name === 'owner').id
    const entities = [{ type: 'guest', id: 'forged', parents: [{ type: 'Role', id: owner }] }]
    await place.call('PUT', '/v1/access/entities', { entities }, place.asker)
    return may(place, 'anything', unique('type'), { type: 'guest', id: 'forged' })
  },

  'an application asks as a role': async (place) => {
    const { body } = await place.call('GET', '/v1/roles', undefined, place.author)
    const owner = body.roles.find((one: { name: string }) => one.name === 'owner').id
    return may(place, 'anything', unique('type'), { type: 'Role', id: owner })
  },

  'who may only ask takes a policy away by a header that names the method': async (place) => {
    const type = unique('type')
    const { id } = await inForce(place, `forbid (principal is guest, action, resource is ${type});`)
    await inForce(place, forGuests('read', type))
    await place.call('POST', `/v1/policies/${id}`, undefined, place.asker, { 'x-http-method-override': 'DELETE' })
    return may(place, 'read', type)
  },

  'a policy has come to its end, and nobody has cleaned up yet': async (place) => {
    const type = unique('type')
    const expiration_date = new Date(Date.now() + 1_500).toISOString()
    await inForce(place, forGuests('read', type), { expiration_date })
    assert.equal(await may(place, 'read', type), true, 'it counts until then')
    await place.past(expiration_date)
    return may(place, 'read', type)
  },
}

for (const [name, attack] of Object.entries(ATTACKS))
  test(`it works on a naive twin and not here: ${name}`, async () => {
    assert.equal(await attack(twin), true, 'no attack: the twin withstands it')
    assert.equal(await attack(real), false, 'Probity does not withstand it')
  })
