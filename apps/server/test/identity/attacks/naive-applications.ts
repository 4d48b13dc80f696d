import { type Calls, random, type World } from './naive-world.ts'

/** Applications' calls, as they are answered by who has read the first page of OAuth. */
export function applicationCalls(world: World): Calls {
  /** Hosts to which people may be sent back. */
  const applications = new Map<string, string>()
  const asked = new Map<string, string>()
  const codes = new Map<string, string>()
  const inCookie = (cookie = '') => asked.get(/asked=([^;]*)/.exec(cookie)?.[1] ?? '') ?? ''
  return {
    'POST /v1/applications': ({ body }) => {
      const id = random()
      applications.set(id, new URL(body.redirect_uris[0]).hostname)
      return { status: 201, body: { id, issuer: `${world.url}/oidc` } }
    },
    'GET /oidc/auth': ({ query }) => {
      const back = query.get('redirect_uri') ?? ''
      const isItsOwn = back.includes(applications.get(query.get('client_id') ?? '') ?? '')
      if (!isItsOwn) return { status: 400 }
      if (query.get('prompt') === 'none')
        return { raw: `HTTP/1.1 303 See Other\r\nLocation: ${back}\r\nContent-Length: 0\r\n\r\n` }
      const id = random()
      asked.set(id, back)
      return { status: 303, headers: { location: '/consent', 'set-cookie': `asked=${id}` } }
    },
    'POST /v1/auth/consent': ({ headers, me }) => {
      const code = random()
      codes.set(code, me?.id ?? '')
      return {
        body: {
          redirect_to: `${world.url}/oidc/back?to=${encodeURIComponent(`${inCookie(headers.cookie)}?code=${code}`)}`,
        },
      }
    },
    'GET /oidc/back': ({ query }) => ({ status: 303, headers: { location: query.get('to') ?? '' } }),
    'POST /oidc/token': ({ body }) => {
      const account = world.accounts.get(codes.get(body.code) ?? '')
      return account ? { body: { access_token: world.open(account) } } : { status: 400, body: {} }
    },
  }
}
