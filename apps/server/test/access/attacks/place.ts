import assert from 'node:assert/strict'
import { person } from '../../support/people.ts'
import { testServer } from '../../support/server.ts'

/** What comes back, whatever it is. */
export interface Told {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: two makers answer, and an attack looks at what it needs
  body: any
}

/** Where an attack is tried: a naive twin, or Probity. */
export interface Place {
  /** Of an administrator of the first tenant. */
  administrator: Somebody
  call(method: string, path: string, body: unknown, token: string): Promise<Told>
  /** Somebody of the first tenant without any role. */
  person(): Promise<Somebody>
  /** Token of an administrator of a second tenant. */
  stranger(): Promise<string>
  /** Another administrator puts ours into a group. */
  join(group: string): Promise<void>
  /** A grant has come to its end. */
  end(grantId: string): Promise<void>
  stop(): Promise<void>
}

export interface Somebody {
  id: string
  token: string
}

/** True: it worked. */
export type Attack = (place: Place) => Promise<boolean>

let count = 0

/** A name that nothing has yet. */
export function unique(what: string): string {
  return `${what}_${++count}`
}

export async function probity(): Promise<Place> {
  const server = await testServer()
  const call = async (method: string, path: string, body: unknown, token: string) =>
    server.call(method, path, body, { token })
  return {
    administrator: { id: server.userId, token: server.token },
    call,
    person: () => person(server),
    stranger: async () => (await server.secondTenant(unique('tenant').replace('_', ''))).token,
    async join(group) {
      const insert = 'INSERT INTO group_members (tenant_id, group_id, user_id, added_at) VALUES ($1, $2, $3, now())'
      await server.sql(insert, [server.tenantId, group, server.userId])
    },
    async end(grantId) {
      await server.sql(`UPDATE user_roles SET expires_at = now() - interval '1 second' WHERE id = $1`, [grantId])
    },
    stop: () => server.stop(),
  }
}

export async function made(
  place: Place,
  path: string,
  body: object,
  token = place.administrator.token,
): Promise<string> {
  const answer = await place.call('POST', path, body, token)
  assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

export function role(place: Place, ...permissions: object[]): Promise<string> {
  return made(place, '/v1/roles', { name: unique('role'), permissions })
}

export function grant(place: Place, role_id: string, more: object): Promise<string> {
  return made(place, '/v1/grants', { role_id, ...more })
}

/** Whether somebody may, as an administrator is told. */
export async function may(
  place: Place,
  user_id: string,
  action: string,
  resource: string,
  more: object = {},
): Promise<boolean> {
  const asked = { user_id, action, resource, ...more }
  const answer = await place.call('POST', '/v1/auth/authorize', asked, place.administrator.token)
  return answer.body.authorized === true
}

/** The administrator, with the token of an application that may what they may: `owner`'s or their own, and made by `by` or themselves. */
export async function application(place: Place, owner?: string, by?: string): Promise<Somebody> {
  const { id, token } = place.administrator
  const account = await made(place, '/v1/service-accounts', {
    name: unique('robot'),
    ...(owner && { owner_id: owner }),
  })
  const given = { name: unique('token'), scopes: ['tenant:admin'], service_account_id: account }
  const answer = await place.call('POST', '/v1/tokens', given, by ?? token)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return { id, token: answer.body.token }
}
