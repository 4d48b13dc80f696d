import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account, administratorSession } from '../support/people.ts'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let session: string
before(async () => {
  server = await testServer()
  session = await administratorSession(server)
})
after(() => server.stop())

const call = async (method: string, path: string, body: unknown, token = server.token) => {
  const answer = await server.call(method, path, body, { token })
  return { status: answer.status, code: answer.body?.code, id: answer.body?.id, version: answer.body?.version }
}
const later = () => new Date(Date.now() + 86_400_000).toISOString()
const UNSEEN = [
  ...['', '   ', '\u00a0'],
  ...[
    'a\u200bb',
    'a\u2060b',
    '\ufeffa',
    'a\u00adb',
    'a\u202eb',
    'a\u2066b',
    'a\u061cb',
    'a\u034fb',
    'a\u3164b',
    'a\u{e0041}b',
  ],
  ...['a\nb', 'a\tb', 'a\u0000b', 'a\u001bb', 'a\u007fb', 'a\u0085b', 'a\u2028b', 'a\u200db', 'a\u200cb', 'a\ufe0fb'],
]
/** Joiners where they can be seen, and how a heart is coloured. */
const SEEN = ['Ärger – «été» №7', 'می\u200cخواهم', 'क्\u200dष', '山田 太郎', 'on call ❤\ufe0f']
let count = 0
const named = (name: string) => `${name} ${++count}`

test('reasons and names that people go by have nothing in them that nobody sees', async () => {
  const user_id = await account(server)
  const role = await call('POST', '/v1/roles', { name: named('role') })
  const group = await call('POST', '/v1/groups', { name: named('group') })
  const granted = await call('POST', '/v1/grants', { role_id: role.id, user_id })
  const review = { name: 'review', due_at: later(), role_id: role.id }
  const { id } = await call('POST', '/v1/access/reviews', review)
  const policy = { policy_type: 'Access', policy_rules: { cedar: 'forbid (principal, action, resource is x);' } }
  const asked = { role_id: role.id, duration_seconds: 300 }
  const where: [string, (text: string) => ReturnType<typeof call>, kept: boolean][] = [
    ['role', (text) => call('POST', '/v1/roles', { name: text }), true],
    ['role, changed', (text) => call('PATCH', `/v1/roles/${role.id}`, { name: text }), false],
    ['group', (text) => call('POST', '/v1/groups', { name: text }), true],
    ['group, changed', (text) => call('PATCH', `/v1/groups/${group.id}`, { name: text }), false],
    ['policy', (text) => call('POST', '/v1/policies', { ...policy, policy_name: text }), true],
    ['review', (text) => call('POST', '/v1/access/reviews', { ...review, name: text }), true],
    ['grant', (text) => call('POST', '/v1/grants', { role_id: role.id, user_id, reason: text }), true],
    ['elevation', (text) => call('POST', '/v1/elevations', { ...asked, reason: text }, session), true],
    [
      'item',
      (text) =>
        call(
          'POST',
          `/v1/access/reviews/${id}/items/${granted.id}/decide`,
          { decision: 'keep', reason: text },
          session,
        ),
      false,
    ],
  ]
  for (const [what, put, kept] of where) {
    for (const text of UNSEEN) {
      const { status, code } = await put(text)
      assert.deepEqual([status, code], [400, 'VALIDATION_FAILED'], `${what}: ${JSON.stringify(text)}`)
    }
    if (!kept) continue
    for (const text of SEEN) assert.equal((await put(text)).status, 201, `${what}: ${text}`)
  }
})
