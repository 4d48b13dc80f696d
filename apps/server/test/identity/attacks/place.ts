import assert from 'node:assert/strict'
import { codeOf } from '../../support/codes.ts'
import { type MailServer, mailServer, tokenIn } from '../../support/mail.ts'
import { type Answer, type TestServer, testServer } from '../../support/server.ts'

export const ORIGIN = 'https://audit.example.org'
export const PASSWORD = 'violet harbour lantern'

/** Where people sign in, as an attacker finds it: Probity, or its naive twin, which answers to the same calls. */
export interface Place {
  /** Of the tenant `first`. */
  administrator: string
  url: string
  /** With no token unless one is given. */
  call: TestServer['call']
  /** Another tenant, and its administrator. */
  neighbour(name: string): Promise<{ tenantId: string; token: string }>
  mails: MailServer
  /** As if the half minute after a refresh had gone by. */
  graceIsOver(): Promise<void>
  /** As if so many log-ins of the tenant had failed already. */
  haveFailed(count: number): Promise<void>
  /** As if nobody had ever failed to log in. */
  forgetFailures(): Promise<void>
  stop(): Promise<void>
}

/** How an attacker tries to get what is not theirs; answers whether they have it. */
export type Attack = (place: Place) => Promise<boolean>

export async function probity(): Promise<Place> {
  const mails = await mailServer()
  const server: TestServer = await testServer({
    ...{ public_url: ORIGIN, trust_proxy: '127.0.0.1' },
    ...{ smtp_url: mails.url, mail_from: 'probity@example.org' },
  })
  return {
    administrator: server.token,
    url: server.url,
    call: (method, path, body, options) => server.call(method, path, body, { token: null, ...options }),
    neighbour: (name) => server.secondTenant(name),
    mails,
    async graceIsOver() {
      await server.sql(
        `WITH s AS (UPDATE security_sessions SET refreshed_at = refreshed_at - interval '31 seconds')
         UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds'`,
      )
    },
    async haveFailed(count) {
      await server.sql('UPDATE login_attempts SET attempts = $2 WHERE account = $1 AND source = $1', [
        Buffer.alloc(32),
        count,
      ])
    },
    async forgetFailures() {
      await server.sql('DELETE FROM login_attempts')
    },
    async stop() {
      await server.stop()
      await mails.stop()
    },
  }
}

export interface Person {
  id: string
  email: string
}

let count = 0
/** Another name each time, in both places. */
export const unique = (word: string) => `${word}${++count}`

/** Somebody of the tenant, with a password. */
export async function person(place: Place, scopes: readonly string[] = []): Promise<Person> {
  const email = `${unique('person')}@first.example`
  const { body } = await asAdministrator(place, 'POST', '/v1/users', { email, scopes })
  const token = tokenIn(await place.mails.next(email))
  const set = await place.call('POST', '/v1/auth/invitation', { token, password: PASSWORD })
  assert.equal(set.status, 200, set.text)
  return { id: body.user.id, email }
}

export function asAdministrator(place: Place, method: string, path: string, body?: unknown): Promise<Answer> {
  return place.call(method, path, body, { token: place.administrator })
}

interface LogIn {
  password?: string
  code?: string | undefined
  /** Where it comes from. */
  from?: string
  headers?: Record<string, string>
}

export function logIn(place: Place, username: string, { password = PASSWORD, code, from, headers }: LogIn = {}) {
  return place.call(
    'POST',
    '/v1/auth/login',
    {
      ...{ credential_type: 'username_password', tenant: 'first', username, password },
      ...(code !== undefined && { mfa_code: code }),
    },
    { headers: { 'x-forwarded-for': from ?? '192.0.2.1', ...headers } },
  )
}

/** The tokens of who logged in. */
export async function session(place: Place, username: string, more: LogIn = {}) {
  const { status, body, text } = await logIn(place, username, more)
  assert.equal(status, 200, text)
  return body as { access_token: string; refresh_token: string }
}

export async function whoIs(place: Place, token: string | null, cookie?: string): Promise<string | null> {
  const answer = await place.call('GET', '/v1/me', undefined, { token, ...(cookie && { headers: { cookie } }) })
  return answer.status === 200 ? answer.body.email : null
}

/** A second factor of somebody; answers its key. */
export async function enrol(place: Place, token: string): Promise<string> {
  const made = await place.call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, { token })
  const { factor_id, setup_key } = made.body
  const right = { factor_id, code: codeOf(setup_key) }
  assert.equal((await place.call('POST', '/v1/auth/mfa/confirm', right, { token })).status, 200)
  return setup_key
}
