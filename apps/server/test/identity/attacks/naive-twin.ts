import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTransport } from 'nodemailer'
import { codeOf } from '../../support/codes.ts'
import { mailServer } from '../../support/mail.ts'
import { caller } from '../../support/server.ts'
import { applicationCalls } from './naive-applications.ts'
import { directoryCalls } from './naive-directory.ts'
import { factorCalls } from './naive-factors.ts'
import { type Account, type Asked, type Calls, random, World } from './naive-world.ts'
import type { Place } from './place.ts'

// A sign-in service as it is written by somebody who thinks of the honest alone. It answers to Probity's calls, so that each
// attack is shown to be one: what gets in here gets in nowhere else.

const refused = { status: 401, body: { code: 'WRONG' } }

export async function naiveTwin(): Promise<Place> {
  const mails = await mailServer()
  const post = createTransport({ url: mails.url, ignoreTLS: true })
  const world = new World()
  const administrator = world.open(world.add({ email: 'admin@first.example', scopes: ['tenant:admin'] }))
  const send = (to: string, link: string) =>
    post.sendMail({ from: 'twin@example.org', to, subject: 'Link', text: link })
  const calls: Calls = {
    ...sessionCalls(world),
    ...accountCalls(world, send),
    ...factorCalls(world),
    ...directoryCalls(world),
    ...applicationCalls(world),
  }
  const server = createServer((request, response) => void answer(world, calls, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const call = caller(world.url)
  return {
    ...{ administrator, url: world.url, mails },
    call: (method, path, body, options) => call(method, path, body, { token: null, ...options }),
    async neighbour(name) {
      const scopes = ['tenant:admin']
      return { tenantId: name, token: world.open(world.add({ email: `admin@${name}`, tenant_id: name, scopes })) }
    },
    graceIsOver: async () => undefined,
    haveFailed: async () => undefined,
    forgetFailures: async () => undefined,
    async stop() {
      server.close()
      server.closeAllConnections()
      post.close()
      await mails.stop()
    },
  }
}

async function answer(world: World, calls: Calls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', world.url)
  const [, id = ''] = /^\/(?:v1\/users|v1\/tenants|scim\/v2\/Users)\/([^/]+)/.exec(url.pathname) ?? []
  const path = id === '' ? url.pathname : url.pathname.replace(id, ':id')
  const headers = request.headers as Record<string, string | undefined>
  const shown = tokenShown(headers)
  const me = world.accounts.get(world.sessions.get(shown ?? '') ?? '')
  const text = await read(request)
  const isForm = headers['content-type']?.includes('urlencoded')
  const body = isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text === '' ? '{}' : text)
  const call = calls[`${request.method} ${path}`]
  const reply = call ? await call({ body, id, query: url.searchParams, headers, me, shown }) : { status: 404 }
  if (reply.raw !== undefined) response.socket?.end(reply.raw)
  else
    response
      .writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
      .end(reply.body === undefined ? '' : JSON.stringify(reply.body))
}

/** Any cookie that looks like a session's, the first one first. */
function tokenShown({ authorization, cookie = '' }: Asked['headers']): string | undefined {
  return authorization?.slice('Bearer '.length) ?? /probity-session=([^;]*)/.exec(cookie)?.[1]
}

async function read(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request.setEncoding('utf8')) text += piece
  return text
}

function sessionCalls(world: World): Calls {
  const pair = (session: string) => ({ access_token: session, refresh_token: session, mfa_required: false })
  return {
    'POST /v1/auth/login': ({ body, headers, shown }) => {
      const account = world.named(body.username)
      if (!account) {
        world.write(`session.refused ${body.username}`)
        return { status: 404, body: { code: 'NO_SUCH_USER' } }
      }
      if (account.status === 'suspended') return { status: 403, body: { code: 'SUSPENDED' } }
      if (account.failures >= 1000) return { status: 423, body: { code: 'LOCKED' } }
      if (account.password !== body.password) {
        if (++account.failures >= 30) account.failures = 1000
        return refused
      }
      if (account.totp !== undefined && ![0, 1, -1].some((off) => codeOf(account.totp ?? '', off) === body.mfa_code))
        return { status: body.mfa_code === undefined ? 200 : 401, body: { mfa_required: true } }
      const session = world.open(account, headers['x-probity-cookies'] ? shown : undefined)
      return { body: pair(session), headers: { 'set-cookie': `probity-session=${session}` } }
    },
    'POST /v1/auth/refresh': async ({ body }) => {
      const account = world.accounts.get(world.sessions.get(body.refresh_token) ?? '')
      await new Promise(setImmediate)
      return account ? { body: pair(world.open(account)) } : refused
    },
    'POST /v1/auth/logout': () => ({ headers: { 'set-cookie': 'probity-session=' } }),
    'GET /v1/me': ({ me }) => (me ? { body: me } : refused),
    'PATCH /v1/me': ({ me, body }) => (me ? { body: Object.assign(me, body) } : refused),
    'POST /v1/me/password': ({ me, body }) => {
      if (me) me.password = body.new_password
      return {}
    },
  }
}

function accountCalls(world: World, send: (to: string, link: string) => Promise<unknown>): Calls {
  const isAdministrator = (me: Account | undefined) => me?.scopes.includes('tenant:admin')
  async function link(account: Account, headers: Asked['headers']): Promise<void> {
    const token = `prb_li_${random()}`
    world.links.set(token, account.id)
    const host = headers['x-forwarded-host'] ?? headers.host
    await send(account.email, `http://${host}/password#${token}`)
  }
  return {
    'POST /v1/users': async ({ body, headers, me }) => {
      const user = world.add({ tenant_id: me?.tenant_id ?? '', ...body })
      await link(user, headers)
      return { status: 201, body: { user } }
    },
    'GET /v1/users': ({ query, me }) => ({
      body: {
        users: [...world.accounts.values()].filter(
          (one) => one.tenant_id === me?.tenant_id && one.email === query.get('name'),
        ),
      },
    }),
    'GET /v1/users/:id': ({ id, me }) =>
      isAdministrator(me) ? { body: world.accounts.get(id) } : { status: 403, body: {} },
    'POST /v1/users/:id/suspend': ({ id }) => ({
      body: Object.assign(world.accounts.get(id) ?? {}, { status: 'suspended' }),
    }),
    'POST /v1/tenants/:id/suspend': ({ id }) => {
      world.suspended.add(id)
      return {}
    },
    'POST /v1/auth/invitation': ({ body: { token, ...more } }) => {
      Object.assign(world.accounts.get(world.links.get(token) ?? '') ?? {}, more)
      return { body: {} }
    },
    'POST /v1/auth/password/forgot': async ({ body, headers }) => {
      const account = world.named(body.username)
      if (!account) return { status: 404, body: { code: 'NO_SUCH_USER' } }
      await link(account, headers)
      return { status: 202, body: null }
    },
    'POST /v1/auth/password/reset': ({ body }) => {
      const account = world.accounts.get(world.links.get(body.token) ?? '')
      if (!account) return { status: 410, body: {} }
      account.password = body.new_password
      return { body: { access_token: world.open(account) } }
    },
    'POST /v1/tokens': ({ me, body }) => {
      const token = me ? world.open(me) : ''
      return { status: 201, body: { ...body, token } }
    },
    'POST /v1/audit/events': ({ me, body }) => {
      world.write(body.event_type)
      return { status: me ? 200 : 401, body: {} }
    },
    'GET /v1/audit/events': ({ me }) => ({
      status: me ? 200 : 401,
      body: { events: world.log.split('\n').map((line) => ({ event_type: line.split(' ')[1] })) },
    }),
  }
}
