import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { EventQueue, Probity } from '@probity/sdk'
import type { SessionOptions } from '@probity/sdk/express'
import * as library from 'openid-client'
import { type Application, addApplication, libraryOf, logInTo } from '../support/applications.ts'
import { type Person, person } from '../support/people.ts'
import { type TestServer, testServer, until } from '../support/server.ts'
import { FRAMEWORKS, type InFront, type Seen } from './frameworks.ts'

let server: TestServer
let ada: Person
let wiki: Application
let shop: Application
before(async () => {
  server = await testServer()
  ada = await person(server)
  wiki = await addApplication(server)
  shop = await addApplication(server)
})
after(() => server.stop())

const settings = ({ id, secret, issuer }: Application, more: Partial<SessionOptions<Seen>> = {}) => ({
  ...{ issuer, clientId: id, clientSecret: secret },
  ...more,
})
async function accessTokenAt(application: Application, who: Person = ada): Promise<string> {
  const { access_token } = await logInTo(server, await libraryOf(application), who.token)
  return access_token
}
/** Asks as no browser would: for what it is told, letter by letter. */
async function askRaw(url: string, path: string, headers: Record<string, string> = {}): Promise<void> {
  const { hostname, port } = new URL(url)
  const asked = request({ hostname, port, path, headers }).end()
  const [answer] = await once(asked, 'response')
  await once(answer.resume(), 'close')
}
const eventsAbout = async (resource: string) =>
  (await server.call('GET', `/v1/audit/events?event_type=http.request&resource=${resource}`)).body.events
const client = (scope: 'audit:write' | 'access:decide') =>
  server
    .call('POST', '/v1/tokens', { name: scope, scopes: [scope] })
    .then(({ body }) => new Probity({ url: server.url, token: body.token }))

for (const [name, framework] of Object.entries(FRAMEWORKS)) {
  /** Asks an application that has this in front, as often as there are tokens. */
  async function asking(inFront: InFront, tokens: (string | null)[], path = `plan-${name}`) {
    const app = await framework(inFront)
    try {
      const answers = []
      for (const token of tokens) {
        const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
        const answer = await fetch(`${app.url}/documents/${path}`, { headers })
        const text = await answer.text()
        const isJson = answer.headers.get('content-type')?.includes('json')
        const challenge = answer.headers.get('www-authenticate')
        answers.push({ status: answer.status, challenge, text, body: isJson ? JSON.parse(text) : null })
      }
      return { answers, ran: app.ran() }
    } finally {
      await app.stop()
    }
  }
  const first = async (inFront: InFront, token: string | null) => {
    const { answers } = await asking(inFront, [token])
    assert.ok(answers[0])
    return answers[0]
  }

  test(`${name}: the handler reads who has logged in, when and how`, async () => {
    const { status, body } = await first({ sessions: settings(wiki), required: {} }, await accessTokenAt(wiki))
    assert.equal(status, 200)
    const { authenticatedAt, expiresAt, ...session } = body.session
    const scopes = ['openid', 'profile', 'email', 'groups', 'offline_access']
    assert.deepEqual(session, { userId: ada.id, clientId: wiki.id, scopes, methods: ['pwd'] })
    assert.ok(new Date(authenticatedAt) <= new Date() && new Date(expiresAt) > new Date())
  })

  test(`${name}: a token of a refresh tells of the same log-in, and a machine of none`, async () => {
    const config = await libraryOf(wiki)
    const { refresh_token = '' } = await logInTo(server, config, ada.token)
    const { access_token } = await library.refreshTokenGrant(config, refresh_token)
    const { body } = await first({ sessions: settings(wiki), required: {} }, access_token)
    assert.deepEqual([body.session.userId, body.session.methods], [ada.id, ['pwd']])
    const backup = await addApplication(server, { kind: 'machine', redirect_uris: [], scopes: [] })
    const machine = await library.clientCredentialsGrant(await libraryOf(backup))
    const own = await first({ sessions: settings(backup), required: {} }, machine.access_token)
    assert.deepEqual([own.status, own.body.session.userId, own.body.session.authenticatedAt], [200, null, null])
  })

  test(`${name}: nobody, an invented token, a refresh token and one of another application come to no handler`, async () => {
    const { access_token, refresh_token = '' } = await logInTo(server, await libraryOf(wiki), ada.token)
    const bad = ['invented', refresh_token, await accessTokenAt(shop), `${access_token}x`]
    const { answers, ran } = await asking({ sessions: settings(wiki), required: {} }, [null, ...bad])
    assert.deepEqual(
      answers.map(({ status, challenge }) => [status, challenge]),
      [[401, 'Bearer'], ...bad.map(() => [401, 'Bearer error="invalid_token"'])],
    )
    assert.equal(ran, 0)
  })

  test(`${name}: where nobody is required they come through, as nobody`, async () => {
    const { answers } = await asking({ sessions: settings(wiki) }, [null, 'invented', await accessTokenAt(wiki)])
    assert.deepEqual(
      answers.map(({ body }) => body.session?.userId ?? null),
      [null, null, ada.id],
    )
  })

  test(`${name}: who is suspended is out with their next request, and where an answer is kept when that ends`, async () => {
    const eve = await person(server)
    const token = await accessTokenAt(wiki, eve)
    const app = await framework({ sessions: settings(wiki), required: {} })
    const keeping = await framework({ sessions: settings(wiki, { keepMilliseconds: 1_500 }), required: {} })
    const statusAt = async (url: string) =>
      (await fetch(`${url}/documents/x`, { headers: { authorization: `Bearer ${token}` } })).status
    try {
      assert.deepEqual([await statusAt(app.url), await statusAt(keeping.url)], [200, 200])
      assert.equal((await server.call('POST', `/v1/users/${eve.id}/suspend`)).status, 200)
      assert.deepEqual([await statusAt(app.url), await statusAt(keeping.url)], [401, 200])
      await until('its answer is kept no more', async () => (await statusAt(keeping.url)) === 401)
    } finally {
      await Promise.all([app.stop(), keeping.stop()])
    }
  })

  test(`${name}: scopes that the token lacks are refused by name, and a second factor is asked for`, async () => {
    const token = await accessTokenAt(wiki)
    const lacking = await first({ sessions: settings(wiki), required: { scopes: ['openid', 'admin'] } }, token)
    assert.deepEqual([lacking.status, lacking.body.scopes], [403, ['admin']])
    assert.equal(lacking.challenge, 'Bearer error="insufficient_scope", scope="openid admin"')
    for (const [secondFactorSeconds, age] of [
      [300, ', max_age="300"'],
      [Number.POSITIVE_INFINITY, ''],
    ] as const) {
      const { status, challenge } = await first({ sessions: settings(wiki), required: { secondFactorSeconds } }, token)
      assert.deepEqual([status, challenge], [401, `Bearer error="insufficient_user_authentication"${age}`])
    }
  })

  test(`${name}: the token may be in the application's own session`, async () => {
    const held = await accessTokenAt(wiki)
    const token = ({ header }: Seen) => (header('authorization') === 'Bearer of-the-application' ? held : null)
    const { answers } = await asking({ sessions: settings(wiki, { token }), required: {} }, [
      'of-the-application',
      held,
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 401],
    )
  })

  test(`${name}: while Probity is away nobody comes through, and an application that it does not know fails`, async () => {
    const token = await accessTokenAt(wiki)
    const errors: unknown[] = []
    const away = { issuer: 'http://127.0.0.1:9/oidc/x', onUnavailable: (error: unknown) => void errors.push(error) }
    for (const required of [{}, undefined]) {
      const inFront = { sessions: settings(wiki, away), ...(required && { required }) }
      assert.equal((await first(inFront, token)).status, 503)
    }
    assert.equal(errors.length, 2)
    const wrong = settings(wiki, { clientSecret: 'of another' })
    const { status, text } = await first({ sessions: wrong, required: {} }, token)
    assert.equal(status, 500)
    assert.doesNotMatch(text, /through|of another/)
  })

  test(`${name}: who was identified is who is decided about, and both are in the record of the request`, async () => {
    const decider = await client('access:decide')
    const queue = new EventQueue({ client: await client('audit:write'), milliseconds: 1 })
    const permissions = [{ action: 'read', resource: ({ id }: Seen) => `document/${id}` }]
    const inFront = {
      ...{ audit: { queue }, sessions: settings(wiki), required: {}, permissions },
      guard: { client: decider, subject: () => null },
    }
    const { answers } = await asking(inFront, [await accessTokenAt(wiki), null], `${name}?secret=word`)
    assert.deepEqual([answers[0]?.status, answers[1]?.status], [403, 401])
    await queue.close()
    const [nobody, hers] = await eventsAbout(`/documents/${name}`)
    assert.equal(hers.user_id, nobody.user_id === null ? hers.user_id : null)
    const { body: whole } = await server.call('GET', `/v1/audit/events/${hers.id}?personal=true`)
    assert.deepEqual([whole.action, whole.outcome, whole.ip_address], ['GET', 'Failure', whole.ip_address])
    assert.match(whole.ip_address, /127\.0\.0\.1$/)
    assert.equal(whole.event_data.status, 403)
    assert.deepEqual(whole.event_data.decisions, [answers[0]?.body.decision_id], 'the decision that refused it')
    assert.doesNotMatch(JSON.stringify([nobody, whole]), /secret|word/)
  })

  test(`${name}: a visitor keeps no request out of the record, whatever they send`, async () => {
    const queue = new EventQueue({ client: await client('audit:write'), milliseconds: 1 })
    const app = await framework({ audit: { queue } })
    const long = `/documents/${'x'.repeat(2_100)}`
    try {
      await askRaw(app.url, `/documents/odd-${name}`, { 'user-agent': 'a\tb' })
      await askRaw(app.url, `/documents/odd-${name}`, { 'user-agent': 'x'.repeat(2_100) })
      for (const ip of ['not-an-ip', '1.2.3.4:5678'])
        await askRaw(app.url, `/documents/odd-${name}`, { 'x-forwarded-for': ip })
      await askRaw(app.url, long, { 'user-agent': `long of ${name}` })
    } finally {
      await app.stop()
    }
    await queue.close()
    await until('four are in the log', async () => (await eventsAbout(`/documents/odd-${name}`)).length === 4)
    const events: { event_data: Record<string, string> }[] = await eventsAbout(`/documents/odd-${name}`)
    const told = (member: string) => events.map((one) => one.event_data[member]).filter((one) => one !== undefined)
    assert.deepEqual(told('user_agent').sort(), ['a\\u0009b', 'x'.repeat(2_000)])
    assert.deepEqual(told('ip_address').sort(), ['1.2.3.4:5678', 'not-an-ip'])
    const { body } = await server.call('GET', '/v1/audit/events?event_type=http.request&limit=100')
    const data = body.events.map((one: (typeof events)[number]) => one.event_data)
    assert.ok(data.some((one: Record<string, string>) => one.resource === long.slice(0, 2_000)))
  })

  test(`${name}: of a path nothing is recorded that stands before it or in parameters of it`, async () => {
    const added: Record<string, unknown>[] = []
    const queue = { add: async (event: object) => void added.push({ ...event }) }
    const app = await framework({ audit: { queue } })
    try {
      for (const target of ['/documents/plan', 'http://user:secret@host/documents/plan'])
        for (const parameters of [';jsessionid=SECRET', ';a=SECRET;b=SECRET?c=SECRET', '?c=SECRET'])
          await askRaw(app.url, `${target}${parameters}`)
      await until('those that came to it are told', async () => added.length >= 3)
    } finally {
      await app.stop()
    }
    assert.deepEqual([...new Set(added.map(({ resource }) => resource))], ['/documents/plan'])
    assert.doesNotMatch(JSON.stringify(added), /secret/i)
  })

  test(`${name}: a request is never told what was asked before it began, unless an answer is kept`, async () => {
    const waiting: ServerResponse[] = []
    const stand = createServer((_, response) => void waiting.push(response))
    await once(stand.listen(0, '127.0.0.1'), 'listening')
    const issuer = `http://127.0.0.1:${(stand.address() as AddressInfo).port}`
    const session = { client_id: wiki.id, sub: ada.id, token_type: 'Bearer', exp: Date.now() / 1000 + 60 }
    const answer = (active: boolean) => waiting.shift()?.end(JSON.stringify({ active, ...session }))
    const app = await framework({ sessions: settings(wiki, { issuer }), required: {} })
    const keeping = await framework({ sessions: settings(wiki, { issuer, keepMilliseconds: 1_000 }), required: {} })
    const ask = (url: string) => fetch(`${url}/documents/x`, { headers: { authorization: 'Bearer one' } })
    try {
      const before = ask(app.url)
      await until('it is asked about', async () => waiting.length === 1)
      const after = ask(app.url)
      await until('the next is asked about by itself', async () => waiting.length === 2)
      for (const active of [true, false]) answer(active)
      assert.deepEqual([(await before).status, (await after).status], [200, 401])
      const first = ask(keeping.url)
      await until('the first is asked about', async () => waiting.length === 1)
      const second = ask(keeping.url)
      const other = ask(app.url)
      await until('the other is asked about', async () => waiting.length === 2)
      for (const active of [true, true]) answer(active)
      const all = await Promise.all([first, second, other])
      assert.deepEqual([all.map(({ status }) => status), waiting.length], [[200, 200, 200], 0])
    } finally {
      await Promise.all([app.stop(), keeping.stop()])
      stand.close()
      stand.closeAllConnections()
    }
  })

  test(`${name}: the application says what is recorded of a request, and hears of what could not be`, async () => {
    const added: object[] = []
    const errors: unknown[] = []
    const queue = {
      async add(event: object) {
        if (added.length > 0) throw new Error('no room')
        added.push(event)
      },
    }
    const audit: InFront['audit'] = {
      queue,
      subject: ({ id }) => ({ type: 'clerk', id }),
      event: ({ id }, { status }, standard) =>
        id === 'skipped' ? null : { ...standard, event_type: 'document.read', event_data: { status } },
      onError: (error) => void errors.push(error),
    }
    const app = await framework({ audit })
    try {
      for (const path of ['skipped', 'plan', 'plan']) await (await fetch(`${app.url}/documents/${path}`)).text()
      await until('the last is told of', async () => errors.length === 1)
    } finally {
      await app.stop()
    }
    const [event] = added as Record<string, unknown>[]
    assert.deepEqual(
      [added.length, event?.event_type, event?.resource, event?.user_id, event?.event_data],
      [1, 'document.read', '/documents/plan', 'plan', { status: 200 }],
    )
  })
}
