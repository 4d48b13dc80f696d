import assert from 'node:assert/strict'
import { mailServer, tokenIn } from './mail.ts'
import { HERE } from './openid.ts'
import { type Answer, testServer } from './server.ts'

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0'
export const PASSWORD = 'a long enough pass phrase'

let count = 0
/** Another number each time. */
export const unique = () => ++count

/** Body of a PATCH. */
export const patch = (...Operations: object[]) => ({ schemas: [`${MESSAGES}:PatchOp`], Operations })
/** Status and kind of an error. */
export const wrong = ({ status, body }: Answer) => [status, body.scimType]

/** Somebody new, as a directory sends them. */
export function somebody(more: object = {}): { userName: string } & Record<string, unknown> {
  return {
    schemas: [USER],
    userName: `person${unique()}@example.org`,
    name: { givenName: 'Ada', familyName: 'L' },
    ...more,
  }
}

/** A server with mail, and a client that provisions to its first tenant. */
export async function directory() {
  const mails = await mailServer()
  const server = await testServer({
    ...{ public_url: HERE, identity_providers_inside: 'true' },
    ...{ smtp_url: mails.url, mail_from: 'probity@example.org' },
  })
  /** A service account with a token that provisions. */
  async function newClient(more: object = {}, token = server.token): Promise<{ id: string; token: string }> {
    const made = await server.call(
      'POST',
      '/v1/service-accounts',
      { name: `directory ${unique()}`, ...more },
      { token },
    )
    assert.equal(made.status, 201, made.text)
    const body = { name: 'scim', scopes: ['identity:provision'], service_account_id: made.body.id }
    const given = await server.call('POST', '/v1/tokens', body, { token })
    assert.equal(given.status, 201, given.text)
    return { id: made.body.id, token: given.body.token }
  }
  const client = await newClient()
  const admin = (method: string, path: string, body?: unknown) => server.call(method, path, body)
  function scim(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    token = client.token,
  ) {
    const type = body === undefined ? {} : { 'content-type': 'application/scim+json' }
    return server.call(method, `/scim/v2${path}`, body, { token, headers: { ...type, ...headers } })
  }
  async function made(more: object = {}, token = client.token): Promise<Answer['body']> {
    const answer = await scim('POST', '/Users', somebody(more), {}, token)
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  }
  const find = (filter: string, token = client.token) =>
    scim('GET', `/Users?filter=${encodeURIComponent(filter)}`, undefined, {}, token)

  /** A session of somebody who has a password, whom the client sees. */
  async function session(id: string): Promise<string> {
    const { body } = await admin('GET', `/v1/users/${id}`)
    const opened = await server.call(
      'POST',
      '/v1/auth/login',
      { credential_type: 'username_password', tenant: 'first', username: body.username, password: PASSWORD },
      { token: null },
    )
    assert.equal(opened.status, 200, opened.text)
    return opened.body.access_token
  }
  async function withPassword(more: object = {}): Promise<Answer['body']> {
    const person = await made(more)
    const token = tokenIn(await mails.next(person.userName))
    const set = await server.call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, { token: null })
    assert.equal(set.status, 200, set.text)
    return person
  }
  const mine = (token: string) => server.call('GET', '/v1/me', undefined, { token })
  const stop = async () => {
    await server.stop()
    await mails.stop()
  }
  return { server, mails, client, newClient, admin, scim, made, find, session, withPassword, mine, stop }
}
