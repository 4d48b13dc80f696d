import * as contract from '@probity/contract'
import { z } from 'zod'
import { SoftAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/codes.ts'
import { type MailServer, tokenIn } from '../support/mail.ts'
import { CLIENT, type OpenIdServer } from '../support/openid.ts'
import { samlMetadata, signingKey } from '../support/saml.ts'
import type { Answer, TestServer } from '../support/server.ts'
import type { Case } from './cases.ts'
import { provisioningCases } from './provisioning-cases.ts'

const COLLEAGUE = 'colleague@first.example'

/** What people do, in an order in which each succeeds. */
export function identityCases(server: TestServer, mails: MailServer, provider: OpenIdServer): Case[] {
  const known: Record<string, string> = {}
  const call = (method: string, path: string, body?: unknown, options = {}) => server.call(method, path, body, options)
  const mine = (method: string, path: string, body?: unknown) => call(method, path, body, { token: known.access })
  const remember = async (name: string, from: (body: Answer['body']) => string, answer: Promise<Answer>) => {
    const got = await answer
    known[name] = from(got.body)
    return got
  }
  const device = new SoftAuthenticator(server.url)
  let credential: unknown
  const login = {
    credential_type: 'username_password',
    username: 'admin@first.example',
    password: 'correct horse battery staple',
  }
  return [
    {
      operation: 'POST /v1/auth/login',
      schema: contract.loginAnswer,
      async call() {
        const other = await call('POST', '/v1/auth/login', { ...login, tenant: server.tenantId }, { token: null })
        known.session = other.body.session_id
        known.own = (
          await call('POST', '/v1/auth/login', { ...login, tenant: 'first' }, { token: null })
        ).body.session_id
        await call('POST', '/v1/auth/login', { ...login, tenant: 'first' }, { token: null })
        return remember(
          'access',
          (body) => body.access_token,
          call('POST', '/v1/auth/login', { ...login, tenant: 'first' }, { token: null }),
        )
      },
    },
    {
      operation: 'POST /v1/auth/refresh',
      schema: contract.loggedIn,
      async call() {
        const opened = await call('POST', '/v1/auth/login', { ...login, tenant: 'first' }, { token: null })
        const { refresh_token } = opened.body
        return remember(
          'access',
          (body) => body.access_token,
          call('POST', '/v1/auth/refresh', { refresh_token }, { token: null }),
        )
      },
    },
    {
      operation: 'POST /v1/me/address',
      schema: z.null(),
      call: () => mine('POST', '/v1/me/address'),
    },
    {
      operation: 'POST /v1/auth/address',
      schema: z.null(),
      async call() {
        const token = tokenIn(await mails.next('admin@first.example'))
        return call('POST', '/v1/auth/address', { token }, { token: null })
      },
    },
    {
      operation: 'POST /v1/connections',
      schema: contract.connection,
      call: () =>
        remember(
          'connection',
          (body) => body.id,
          call('POST', '/v1/connections', {
            ...{ name: 'idp', kind: 'oidc', secret: CLIENT.secret },
            settings: { issuer: provider.issuer, client_id: CLIENT.id },
            creates_accounts: true,
          }),
        ),
    },
    {
      operation: 'POST /v1/connections/saml-metadata',
      schema: contract.samlProvider,
      async call() {
        const { certificate } = await signingKey()
        return call('POST', '/v1/connections/saml-metadata', { metadata: samlMetadata(certificate) })
      },
    },
    {
      operation: 'GET /v1/connections',
      schema: contract.connectionList,
      call: () => call('GET', '/v1/connections'),
    },
    {
      operation: 'PATCH /v1/connections/{id}',
      schema: contract.connection,
      call: () => call('PATCH', `/v1/connections/${known.connection}`, { default_scopes: ['audit:read'] }),
    },
    {
      operation: 'POST /v1/connections/{id}/check',
      schema: contract.connectionCheck,
      call: () => call('POST', `/v1/connections/${known.connection}/check`),
    },
    {
      operation: 'POST /v1/me/identities',
      schema: contract.federationStarted,
      call: () => mine('POST', '/v1/me/identities', { connection: 'idp' }),
    },
    {
      operation: 'POST /v1/auth/sso',
      schema: contract.federationStarted,
      async call() {
        const begun = await call('POST', '/v1/auth/sso', { tenant: 'first', connection: 'idp' }, { token: null })
        known.request = begun.body.request_token
        provider.people.set('ada', { sub: 'ada', email: 'ada@elsewhere.example' })
        known.parameters = await provider.browse(begun.body.authorization_url, 'ada')
        return begun
      },
    },
    {
      operation: 'POST /v1/auth/sso/finish',
      schema: contract.loggedIn,
      call: () =>
        call(
          'POST',
          '/v1/auth/sso/finish',
          { request_token: known.request, parameters: known.parameters },
          { token: null },
        ),
    },
    {
      operation: 'POST /v1/auth/sso/logout/{tenant}/{id}',
      schema: z.null(),
      async call() {
        provider.tellLogOuts(`${server.url}/livez`) // the token is for us to bring
        await provider.logOut('ada')
        const body = new URLSearchParams({ logout_token: provider.logoutTokens.at(-1) ?? '' }).toString()
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const path = `/v1/auth/sso/logout/${server.tenantId}/${known.connection}`
        return call('POST', path, body, { token: null, headers })
      },
    },
    {
      operation: 'GET /v1/me/identities',
      schema: contract.identityList,
      call: () => mine('GET', '/v1/me/identities'),
    },
    {
      operation: 'DELETE /v1/me/identities/{id}',
      schema: z.null(),
      async call() {
        const begun = await mine('POST', '/v1/me/identities', { connection: 'idp' })
        provider.people.set('bob', { sub: 'bob' })
        const parameters = await provider.browse(begun.body.authorization_url, 'bob')
        const { request_token } = begun.body
        await call('POST', '/v1/auth/sso/finish', { request_token, parameters }, { token: null })
        return mine('DELETE', `/v1/me/identities/${known.connection}`)
      },
    },
    {
      operation: 'DELETE /v1/connections/{id}',
      schema: z.null(),
      call: () => call('DELETE', `/v1/connections/${known.connection}`),
    },
    ...provisioningCases(server, known),
    {
      operation: 'GET /v1/sign-in-rules',
      schema: contract.signInRules,
      call: () => call('GET', '/v1/sign-in-rules'),
    },
    {
      operation: 'PATCH /v1/sign-in-rules',
      schema: contract.signInRules,
      call: () => call('PATCH', '/v1/sign-in-rules', { remembered_device_days: 30 }),
    },
    { operation: 'GET /v1/me/devices', schema: contract.deviceList, call: () => mine('GET', '/v1/me/devices') },
    {
      operation: 'DELETE /v1/me/devices',
      schema: contract.devicesForgotten,
      call: () => mine('DELETE', '/v1/me/devices'),
    },
    { operation: 'GET /v1/me', schema: contract.user, call: () => mine('GET', '/v1/me') },
    {
      operation: 'PATCH /v1/me',
      schema: contract.user,
      call: () => mine('PATCH', '/v1/me', { display_name: 'A. Admin' }),
    },
    {
      operation: 'POST /v1/users',
      schema: contract.invited,
      call: () => remember('user', (body) => body.user.id, call('POST', '/v1/users', { email: COLLEAGUE })),
    },
    { operation: 'GET /v1/users', schema: contract.userPage, call: () => call('GET', '/v1/users?limit=1') },
    {
      operation: 'POST /v1/users/search',
      schema: contract.userPage,
      call: () => call('POST', '/v1/users/search', { name: 'admin@first.example' }),
    },
    { operation: 'GET /v1/users/{id}', schema: contract.user, call: () => call('GET', `/v1/users/${known.user}`) },
    {
      operation: 'PATCH /v1/users/{id}',
      schema: contract.user,
      call: () => call('PATCH', `/v1/users/${known.user}`, { display_name: 'C' }),
    },
    {
      operation: 'POST /v1/users/{id}/invitation',
      schema: contract.invited,
      async call() {
        await mails.next(COLLEAGUE)
        return call('POST', `/v1/users/${known.user}/invitation`)
      },
    },
    {
      operation: 'POST /v1/auth/invitation',
      schema: contract.accountReady,
      async call() {
        const token = tokenIn(await mails.next(COLLEAGUE))
        return call('POST', '/v1/auth/invitation', { token, password: 'violet harbour lantern' }, { token: null })
      },
    },
    {
      operation: 'POST /v1/auth/password/forgot',
      schema: z.null(),
      call: () => call('POST', '/v1/auth/password/forgot', { tenant: 'first', username: COLLEAGUE }, { token: null }),
    },
    {
      operation: 'POST /v1/auth/password/reset',
      schema: contract.accountReady,
      async call() {
        const token = tokenIn(await mails.next(COLLEAGUE))
        return call(
          'POST',
          '/v1/auth/password/reset',
          { token, new_password: 'seventeen copper kettles' },
          { token: null },
        )
      },
    },
    ...['suspend', 'reactivate', 'unlock', 'deactivate'].map((verb) => ({
      operation: `POST /v1/users/{id}/${verb}`,
      schema: contract.user,
      call: () => call('POST', `/v1/users/${known.user}/${verb}`),
    })),
    {
      operation: 'GET /v1/me/sessions',
      schema: contract.sessionList,
      call: () => call('GET', '/v1/me/sessions', undefined, { token: known.access }),
    },
    {
      operation: 'DELETE /v1/me/sessions/{id}',
      schema: z.null(),
      call: () => call('DELETE', `/v1/me/sessions/${known.own}`, undefined, { token: known.access }),
    },
    {
      operation: 'DELETE /v1/sessions/{id}',
      schema: z.null(),
      call: () => call('DELETE', `/v1/sessions/${known.session}`),
    },
    {
      operation: 'DELETE /v1/me/sessions',
      schema: contract.sessionsEnded,
      call: () => call('DELETE', '/v1/me/sessions', undefined, { token: known.access }),
    },
    {
      operation: 'POST /v1/auth/step-up',
      schema: z.null(),
      call: () => mine('POST', '/v1/auth/step-up', { password: login.password }),
    },
    {
      operation: 'POST /v1/auth/mfa/setup',
      schema: contract.factorSetUp,
      async call() {
        const made = await mine('POST', '/v1/auth/mfa/setup', { method: 'totp' })
        known.factor = made.body.factor_id
        known.key = made.body.setup_key
        return made
      },
    },
    {
      operation: 'POST /v1/auth/mfa/confirm',
      schema: contract.backupCodes,
      call() {
        const code = codeOf(known.key ?? '')
        return mine('POST', '/v1/auth/mfa/confirm', { factor_id: known.factor, code })
      },
    },
    {
      operation: 'POST /v1/me/passkeys/options',
      schema: contract.publicKeyOptions,
      async call() {
        const options = await mine('POST', '/v1/me/passkeys/options')
        credential = device.register(options.body)
        return options
      },
    },
    {
      operation: 'POST /v1/me/passkeys',
      schema: contract.passkeyAdded,
      call: () => mine('POST', '/v1/me/passkeys', { credential }),
    },
    {
      operation: 'POST /v1/auth/passkey/options',
      schema: contract.publicKeyOptions,
      async call() {
        const options = await call('POST', '/v1/auth/passkey/options', { tenant: 'first' }, { token: null })
        credential = device.assert(options.body)
        return options
      },
    },
    {
      operation: 'POST /v1/auth/passkey',
      schema: contract.loggedIn,
      call: () => call('POST', '/v1/auth/passkey', { tenant: 'first', credential }, { token: null }),
    },
    { operation: 'GET /v1/me/factors', schema: contract.factorList, call: () => mine('GET', '/v1/me/factors') },
    {
      operation: 'POST /v1/me/backup-codes',
      schema: contract.backupCodes,
      call: () => mine('POST', '/v1/me/backup-codes'),
    },
    {
      operation: 'DELETE /v1/me/factors/{id}',
      schema: z.null(),
      call: () => mine('DELETE', `/v1/me/factors/${known.factor}`),
    },
    {
      operation: 'GET /v1/users/{id}/sessions',
      schema: contract.sessionList,
      call: () => call('GET', `/v1/users/${known.user}/sessions`),
    },
    {
      operation: 'GET /v1/users/{id}/factors',
      schema: contract.factorList,
      call: () => call('GET', `/v1/users/${known.user}/factors`),
    },
    {
      operation: 'POST /v1/users/{id}/factors/reset',
      schema: contract.factorsReset,
      call: () => call('POST', `/v1/users/${known.user}/factors/reset`),
    },
    {
      operation: 'POST /v1/me/password',
      schema: contract.sessionsEnded,
      call: () =>
        mine('POST', '/v1/me/password', { current_password: login.password, new_password: 'nineteen silver spoons' }),
    },
    {
      operation: 'POST /v1/auth/logout',
      schema: z.null(),
      call: () => call('POST', '/v1/auth/logout', undefined, { token: known.access }),
    },
  ]
}
