import assert from 'node:assert/strict'
import { CLIENT, type OpenIdServer } from './openid.ts'
import type { Answer, TestServer } from './server.ts'

let count = 0

/** A server and a provider at which people of its first tenant sign in; `here` answers both once they have begun. */
export function federation(here: () => { server: TestServer; provider: OpenIdServer }) {
  const call = (path: string, body: object) => here().server.call('POST', path, body, { token: null })
  const begin = (name: string): Promise<Answer> => call('/v1/auth/sso', { tenant: 'first', connection: name })
  const finish = (request_token: string, parameters: string, more: object = {}): Promise<Answer> =>
    call('/v1/auth/sso/finish', { request_token, parameters, ...more })
  return {
    begin,
    finish,
    /** A connection to the provider, by which whoever signs in gets an account. */
    async connection(more: object = {}): Promise<Answer['body']> {
      const made = await here().server.call('POST', '/v1/connections', {
        ...{ name: `idp${++count}`, kind: 'oidc', secret: CLIENT.secret },
        settings: { issuer: here().provider.issuer, client_id: CLIENT.id },
        ...{ creates_accounts: true, default_scopes: ['audit:read'], ...more },
      })
      assert.equal(made.status, 201, made.text)
      return made.body
    },
    /** Somebody whom the provider knows. */
    somebody(more: object = {}): string {
      const sub = `person-${++count}`
      here().provider.people.set(sub, { sub, email: `${sub}@elsewhere.example`, name: `Person ${count}`, ...more })
      return sub
    },
    async signIn(name: string, sub: string, more: object = {}): Promise<Answer> {
      const { body } = await begin(name)
      return finish(body.request_token, await here().provider.browse(body.authorization_url, sub), more)
    },
  }
}
