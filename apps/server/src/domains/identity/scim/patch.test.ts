import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import fc from 'fast-check'
import { DomainError } from '../../../platform/errors.ts'
import { GROUPS_TYPE, USERS } from './attributes.ts'
import { applyPatch, type Operation } from './patch.ts'
import { type Resource, readResource } from './resource.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const [BABS, JAMES] = ['2819c223-7f76-453a-919d-413861904646', '902c246b-6245-4190-8e05-00816be7344a']

const person = (): Resource => ({
  userName: 'bjensen',
  name: { givenName: 'Barbara' },
  emails: [
    { type: 'work', value: 'b@example.com', primary: true },
    { type: 'home', value: 'b@home.example' },
  ],
  addresses: [
    { type: 'work', streetAddress: '1 First Street', primary: true },
    { type: 'home', streetAddress: '2 Second Street' },
  ],
  [ENTERPRISE]: { department: 'Tours' },
})
const group = (): Resource => ({ displayName: 'Tour Guides', members: [{ value: BABS, type: 'User' }] })
const patched = (...operations: Operation[]) => applyPatch(USERS, person(), operations)
const patchedGroup = (...operations: Operation[]) => applyPatch(GROUPS_TYPE, group(), operations)

function refused(scimType: string, ...operations: Operation[]): void {
  assert.throws(
    () => patched(...operations),
    (error) => error instanceof DomainError && error.details.scim_type === scimType,
    JSON.stringify(operations),
  )
}

test('add, as RFC 7644 §3.5.2.1 has it', () => {
  const added = patchedGroup({ op: 'add', path: 'members', value: [{ value: JAMES, $ref: '../Users/x' }] })
  assert.deepEqual(added.members, [
    { value: BABS, type: 'User' },
    { value: JAMES, $ref: '../Users/x' },
  ])
  const several = patched({
    op: 'add',
    value: { emails: [{ value: 'babs@jensen.org', type: 'home' }], nickName: 'Babs' },
  })
  assert.equal((several.emails as Json[]).length, 3)
  assert.equal(several.nickName, 'Babs')
  assert.deepEqual(patched({ op: 'add', path: 'emails', value: [{ type: 'home', value: 'b@home.example' }] }), person())
  const merged = patched({ op: 'add', path: 'name', value: { familyName: 'Jensen' } })
  assert.deepEqual(merged.name, { givenName: 'Barbara', familyName: 'Jensen' })
})

test('remove, as RFC 7644 §3.5.2.2 has it', () => {
  const two = patchedGroup({ op: 'add', path: 'members', value: [{ value: JAMES }] })
  const one = applyPatch(GROUPS_TYPE, two, [{ op: 'remove', path: `members[value eq "${BABS}"]` }])
  assert.deepEqual(one.members, [{ value: JAMES }])
  assert.equal(patchedGroup({ op: 'remove', path: 'members' }).members, undefined)
  const some = patched({ op: 'remove', path: 'emails[type eq "work" and value ew "example.com"]' })
  assert.deepEqual(some.emails, [{ type: 'home', value: 'b@home.example' }])
  const exchanged = applyPatch(GROUPS_TYPE, two, [
    { op: 'remove', path: `members[value eq "${BABS}"]` },
    { op: 'add', path: 'members', value: [{ value: JAMES }] },
  ])
  assert.deepEqual(exchanged.members, [{ value: JAMES }])
  assert.deepEqual(patched({ op: 'remove', path: 'emails[type eq "other"]' }), person())
  assert.equal(patched({ op: 'remove', path: 'name.givenName' }).name, undefined)
  assert.equal(patched({ op: 'remove', path: ENTERPRISE })[ENTERPRISE], undefined)
})

test('replace, as RFC 7644 §3.5.2.3 has it', () => {
  const all = patchedGroup({ op: 'replace', path: 'members', value: [{ value: JAMES }] })
  assert.deepEqual(all.members, [{ value: JAMES }])
  const address = { type: 'work', streetAddress: '911 Universal City Plaza', country: 'US', primary: true }
  const whole = patched({ op: 'replace', path: 'addresses[type eq "work"]', value: address })
  assert.deepEqual((whole.addresses as Json[])[0], address)
  const part = patched({ op: 'replace', path: 'addresses[type eq "work"].streetAddress', value: '1010 Broadway' })
  assert.deepEqual((part.addresses as Json[])[0], { type: 'work', streetAddress: '1010 Broadway', primary: true })
  const several = patched({ op: 'replace', value: { nickName: 'Babs', emails: [{ value: 'x@example.com' }] } })
  assert.deepEqual([several.nickName, several.emails], ['Babs', [{ value: 'x@example.com' }]])
  refused('noTarget', { op: 'replace', path: 'addresses[type eq "other"].streetAddress', value: 'x' })
})

test('one value is primary: a new one takes its place', () => {
  const added = patched({ op: 'add', path: 'emails', value: [{ value: 'new@example.com', primary: true }] })
  assert.deepEqual(
    (added.emails as Resource[]).map(({ primary }) => primary),
    [undefined, undefined, true],
  )
  const turned = patched({ op: 'replace', path: 'emails[type eq "home"].primary', value: true })
  assert.deepEqual(
    (turned.emails as Resource[]).map(({ primary }) => primary),
    [undefined, true],
  )
})

test('what directories send beside the standard is understood', () => {
  assert.equal(patched({ op: 'replace', path: 'active', value: 'False' }).active, false)
  assert.equal(patched({ op: 'replace', path: 'displayName', value: [{ value: 'Babs' }] }).displayName, 'Babs')
  assert.deepEqual(patchedGroup({ op: 'add', path: 'members', value: [{ value: BABS }] }), group())
})

test('paths are whole names too where a value has them, and a filter makes what it asks for when something is added', () => {
  const spread = patched({
    op: 'replace',
    value: {
      'name.familyName': 'Jensen',
      [`${ENTERPRISE}:department`]: 'Sales',
      [ENTERPRISE]: { division: 'West' },
      id: 'x',
    },
  })
  assert.deepEqual(spread.name, { givenName: 'Barbara', familyName: 'Jensen' })
  assert.deepEqual(spread[ENTERPRISE], { department: 'Sales', division: 'West' })
  const made = patched({ op: 'add', path: 'phoneNumbers[type eq "work"].value', value: '+1 555' })
  assert.deepEqual(made.phoneNumbers, [{ type: 'work', value: '+1 555' }])
  const named = patchedGroup({ op: 'remove', path: 'members', value: [{ value: BABS }] })
  assert.equal(named.members, undefined)
})

test('what cannot be done says why, and nothing of the request is done', () => {
  const before = person()
  refused('noTarget', { op: 'remove' })
  refused('mutability', { op: 'replace', path: 'id', value: 'x' })
  refused('mutability', { op: 'add', path: 'groups', value: [{ value: 'x' }] })
  refused('mutability', { op: 'replace', path: 'meta.created', value: 'x' })
  refused('invalidPath', { op: 'add', path: '__proto__.polluted', value: 'yes' })
  refused('invalidPath', { op: 'add', path: 'constructor.prototype', value: 'yes' })
  refused('invalidPath', { op: 'add', path: 'scopes', value: ['tenant:admin'] })
  refused('invalidPath', { op: 'add', path: 'userName[type eq "work"]', value: 'x' })
  refused('invalidPath', { op: 'add', path: 'name[givenName pr]', value: 'x' })
  refused('invalidPath', { op: 'add', value: JSON.parse('{"__proto__":{"polluted":"yes"}}') })
  refused('invalidFilter', { op: 'remove', path: 'emails[type eq ]' })
  refused('invalidValue', { op: 'remove', path: 'userName' })
  refused('invalidValue', { op: 'replace', path: 'userName', value: null })
  refused('invalidValue', { op: 'replace', path: 'active', value: 'maybe' })
  refused('invalidValue', {
    op: 'replace',
    path: 'emails',
    value: [
      { value: 'a', primary: true },
      { value: 'b', primary: true },
    ],
  })
  refused('invalidValue', { op: 'add', path: 'title' })
  refused('invalidValue', { op: 'add', path: 'title', value: 5 })
  refused('invalidSyntax', { op: 'add', path: 'emails', value: [{ nobody: 'x' }] })
  refused('invalidPath', { op: 'replace', path: 'title', value: 'x' }, { op: 'replace', path: 'nobody', value: 'x' })
  assert.deepEqual(before, person())
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('whatever is patched, what comes out is a resource that would have been accepted as such', () => {
  const path = fc.constantFrom(
    'title',
    'name',
    'name.familyName',
    'emails',
    'emails[type eq "work"]',
    'emails[type eq "x"].value',
    `${ENTERPRISE}:manager`,
    ENTERPRISE,
    'emails.type',
    'active',
    undefined,
  )
  const part = fc.dictionary(
    fc.constantFrom('value', 'type', 'primary', 'familyName', 'department', 'title'),
    fc.oneof(fc.string(), fc.boolean(), fc.constant(null)),
    { noNullPrototype: true },
  )
  const value = fc.oneof(fc.string(), fc.boolean(), fc.constant(null), part, fc.array(part))
  const operation = fc.record({
    op: fc.constantFrom('add' as const, 'replace' as const, 'remove' as const),
    path,
    value,
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 5 }), (operations) => {
      try {
        const result = applyPatch(USERS, person(), operations as Operation[])
        const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User']
        assert.deepEqual(readResource(USERS, { ...result, schemas }), result)
      } catch (error) {
        assert.ok(error instanceof DomainError, String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})
