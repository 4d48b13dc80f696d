import assert from 'node:assert/strict'
import { type MailServer, tokenIn } from './mail.ts'
import type { Answer, TestServer } from './server.ts'

export const PASSWORD = 'violet harbour lantern'

export interface Person {
  id: string
  email: string
  /** Of a session that they opened with their password. */
  token: string
}

/** Whoever calls, in whatever session or by whatever token. */
export type Calling = Omit<Person, 'email'>

interface Given {
  scopes?: string[]
  email?: string
  /** Token of who invites them, where it is not the administrator. */
  by?: string
  /** Where the invitation goes, if the server mails. */
  mails?: MailServer
}

let count = 0

/** Somebody who was invited to the first tenant, took the invitation and logged in. */
export async function person(
  server: TestServer,
  { scopes = [], email = `person${++count}@first.example`, by, mails }: Given = {},
): Promise<Person> {
  const call = (path: string, body: object, token: string | null) => server.call('POST', path, body, { token })
  const invited = await call('/v1/users', { email, scopes }, by ?? server.token)
  assert.equal(invited.status, 201, invited.text)
  const token = mails ? tokenIn(await mails.next(email)) : new URL(invited.body.invitation_url).hash.slice(1)
  await call('/v1/auth/invitation', { token, password: PASSWORD }, null)
  const { body } = await logIn(server, email)
  return { id: invited.body.user.id, email, token: body.access_token }
}

/** Another session of such a person's. */
export function logIn(server: TestServer, username: string, password = PASSWORD, tenant = 'first'): Promise<Answer> {
  const login = { credential_type: 'username_password', tenant, username, password }
  return server.call('POST', '/v1/auth/login', login, { token: null })
}

/** An account of the first tenant that is active, and that nobody logs in to: where only its id is needed. */
export async function account(server: TestServer): Promise<string> {
  const made = await server.call('POST', '/v1/users', { email: `account${++count}@first.example` })
  assert.equal(made.status, 201, made.text)
  await server.sql(`UPDATE security_users SET status = 'active' WHERE id = $1`, [made.body.user.id])
  return made.body.user.id
}

/** The administrator of a tenant, in a session. */
export async function administratorSession(server: TestServer, tenant = 'first'): Promise<string> {
  const { body } = await logIn(server, `admin@${tenant}.example`, 'correct horse battery staple', tenant)
  return body.access_token
}

/** The administrator of another tenant, which is made, in a session. */
export async function stranger(server: TestServer, tenant: string): Promise<Calling> {
  await server.secondTenant(tenant)
  return { id: '', token: await administratorSession(server, tenant) }
}
