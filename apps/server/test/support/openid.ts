import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** Somebody at the provider. */
export interface Person {
  sub: string
  email?: string
  email_verified?: boolean
  name?: string
  groups?: string[]
  amr?: string[]
}

export interface OpenIdServer {
  issuer: string
  people: Map<string, Person>
  /** Follows the browser from our authorization URL through the provider's log-in, and answers the address with which it comes back. */
  browse(authorizationUrl: string, sub: string): Promise<string>
  /** Has somebody log out there, in the browser in which they logged in last; answers once everybody was told. */
  logOut(sub: string): Promise<void>
  /** Where it tells of that, from the next log-in on. */
  tellLogOuts(uri: string): void
  /** What it told. */
  logoutTokens: string[]
  stop(): Promise<void>
}

/** Where the Probity under test says that it is reached. */
export const HERE = 'https://probity.example'
export const CLIENT = { id: 'probity', secret: 'a secret of the client that is long enough' }

/** A real provider of another maker on a free port, at which `sub` logs in by a cookie, as it were. */
export async function openIdServer(here = HERE): Promise<OpenIdServer> {
  const people = new Map<string, Person>()
  const browsers = new Map<string, Map<string, string>>()
  const logoutTokens: string[] = []
  let logoutUri: string | null = null
  const http: Server = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${here}/sso/none`],
        response_types: ['code'],
        backchannel_logout_uri: `${here}/logout`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    // To wherever the Probity under test is told of it at the time.
    async fetch(url, options) {
      if (new URL(url).origin !== here || logoutUri === null) return globalThis.fetch(url, options)
      logoutTokens.push(new URLSearchParams(String(options?.body)).get('logout_token') ?? '')
      const { method = 'POST', headers = {} } = options ?? {}
      return globalThis.fetch(logoutUri, { method, headers, body: String(options?.body) }) // not by its own way out, which keeps to other networks
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ email_verified: true, ...people.get(sub), sub }),
    }),
    cookies: { keys: ['a key of this test'] },
  })
  // Each connection has an address of its own, which is known once there is one.
  provider.Client.prototype.redirectUriAllowed = (uri: string) => uri.startsWith(`${here}/sso/`)
  const callback = provider.callback()
  http.on('request', async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response)
    const sub = String(request.headers['x-person'])
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      const login = { accountId: sub, amr: people.get(sub)?.amr ?? [] }
      return provider.interactionFinished(request, response, { login })
    }
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params.client_id) })
    grant.addOIDCScope('openid email profile')
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  })
  return {
    issuer,
    people,
    async browse(authorizationUrl, sub) {
      const cookies = new Map<string, string>()
      browsers.set(sub, cookies)
      let url = authorizationUrl
      for (let i = 0; i < 12; i++) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const answer = await fetch(url, { redirect: 'manual', headers: { cookie, 'x-person': sub } })
        for (const set of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
          cookies.set(name, value)
        }
        const location = answer.headers.get('location')
        if (location === null) throw new Error(`the provider answers ${answer.status}: ${await answer.text()}`)
        const next = new URL(location, url)
        if (next.origin === here) return next.href
        url = next.href
      }
      throw new Error('the provider sends the browser round in circles')
    },
    logoutTokens,
    tellLogOuts(uri) {
      logoutUri = uri
    },
    async logOut(sub) {
      const cookie = [...(browsers.get(sub) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
      const page = await (await fetch(`${issuer}/session/end`, { headers: { cookie } })).text()
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const form = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams({ xsrf, logout: 'yes' }).toString()
      await fetch(`${issuer}/session/end/confirm`, { method: 'POST', redirect: 'manual', headers: form, body })
    },
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}
