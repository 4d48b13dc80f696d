import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Probity } from '@probity/sdk'
import { type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'
import { type Application, FRAMEWORKS, type Options, type Permissions, type Seen } from './frameworks.ts'

let server: TestServer
let second: Person
let reader: Person
let client: Probity
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin'] })
  reader = await person(server)
  client = new Probity({ url: server.url, token: await decidingToken() })
  const permissions = [{ resource: 'document', action: 'read' }]
  const role = (await server.call('POST', '/v1/roles', { name: 'reader', permissions })).body.id
  await server.call('POST', '/v1/grants', { role_id: role, user_id: reader.id })
  await inForce(`
    @step_up("300") permit (principal, action == Action::"sign", resource is document);
    @step_up permit (principal, action == Action::"seal", resource is document);
    @mask("salary, address") permit (principal, action == Action::"show", resource is document);
    @mask("name") permit (principal, action == Action::"list", resource is document);
    permit (principal is clerk, action == Action::"read", resource is document)
      when { principal.region == "north" && resource.status == "open" && context.ip.isInRange(ip("192.0.2.0/24")) };`)
})
after(() => server.stop())

async function decidingToken(): Promise<string> {
  const { body } = await server.call('POST', '/v1/tokens', { name: 'documents', scopes: ['access:decide'] })
  return body.token
}
const inForce = (cedar: string) => policyInForce(server, second.token, cedar)
const to = (action: string, more: Partial<Permissions[number]> = {}) => ({
  action,
  resource: ({ id }: Seen) => `document/${id}`,
  ...more,
})
const asReader = (more: Partial<Options> = {}): Options => ({ client, subject: () => reader.id, ...more })
async function ask({ url }: Application, id = 'plan', headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${url}/documents/${id}`, { headers })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('json')
  return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : null }
}
const isRecorded = (id: string) =>
  until('the decision is an entry', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?event_type=access.decided&limit=20')
    return body.events.some((one: { event_data: { decision: string } }) => one.event_data.decision === id)
  })
/** Something in the place of Probity, that answers as is told or never. */
async function standIn(answer: { status: number; headers: Record<string, string>; body?: object } | null) {
  const stand = createServer((_, response) => {
    if (answer) response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body ?? {}))
  })
  await once(stand.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(stand.address() as AddressInfo).port}`
  const stop = () => {
    stand.close()
    stand.closeAllConnections()
  }
  return { client: new Probity({ url, token: 'of-no-matter-to-it-at-all' }), stop }
}

for (const [name, framework] of Object.entries(FRAMEWORKS)) {
  const during = async (options: Options, permissions: Permissions, work: (app: Application) => Promise<void>) => {
    const app = await framework({ guard: options, permissions })
    try {
      await work(app)
    } finally {
      await app.stop()
    }
  }
  const once = async (options: Options, permissions: Permissions): Promise<Answer> => {
    let answer: Answer | undefined
    await during(options, permissions, async (app) => {
      answer = await ask(app)
      assert.equal(app.ran(), answer.status === 200 ? 1 : 0)
    })
    assert.ok(answer)
    return answer
  }
  const isRefusal = ({ headers, text, body }: Answer) => {
    assert.doesNotMatch(text, /through/)
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.deepEqual([typeof body.type, typeof body.title, typeof body.status], ['string', 'string', 'number'])
  }

  test(`${name}: who may comes through, and the handler reads by which decision`, async () => {
    const { status, body } = await once(asReader(), [to('read')])
    assert.equal(status, 200)
    const { decisionId, ...passed } = body.passed
    assert.deepEqual(passed, { decisions: [{ action: 'read', resource: 'document/plan', decisionId }], mask: [] })
    await isRecorded(decisionId)
  })

  test(`${name}: who may not gets a problem with the decision, and the reason where the application says so`, async () => {
    for (const tellReason of [false, true]) {
      const answer = await once(asReader({ tellReason }), [to('write')])
      isRefusal(answer)
      assert.deepEqual([answer.status, answer.body.status], [403, 403])
      assert.equal(answer.body.detail, tellReason ? 'no role or policy permits it' : undefined)
      await isRecorded(answer.body.decision_id)
    }
    isRefusal(await once(asReader(), [to('read'), to('write')]))
  })

  test(`${name}: nobody is asked to log in, and is not taken for the application, whose own account may read`, async () => {
    const owner = new Probity({ url: server.url, token: server.token })
    await inForce(
      `permit (principal == User::"${server.userId}", action == Action::"own ${name}", resource is document);`,
    )
    const permissions = [to(`own ${name}`)]
    assert.equal((await once({ client: owner, subject: () => server.userId }, permissions)).status, 200)
    for (const nobody of [null, undefined, '', { type: 'User', id: '' }]) {
      const answer = await once({ client: owner, subject: () => nobody }, permissions)
      isRefusal(answer)
      assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [401, 'Bearer'])
    }
  })

  test(`${name}: nobody comes through while Probity is away, slow or failing`, async () => {
    const [gone, slow] = [await standIn(null), await standIn(null)]
    const failing = await standIn({ status: 503, headers: { 'retry-after': '7' } })
    const busy = await standIn({ status: 429, headers: { 'retry-after': '3' } })
    const broken = await standIn({ status: 200, headers: {} })
    gone.stop()
    try {
      for (const [{ client }, after] of [
        [gone, null],
        [slow, null],
        [failing, '7'],
        [busy, '3'],
      ] as const) {
        const errors: unknown[] = []
        const onUnavailable = (error: unknown) => void errors.push(error)
        const began = performance.now()
        const answer = await once(asReader({ client, timeoutMilliseconds: 100, onUnavailable }), [to('read')])
        isRefusal(answer)
        assert.deepEqual([answer.status, answer.headers.get('retry-after'), errors.length], [503, after, 1])
        assert.ok(performance.now() - began < 2_000, 'it waited for longer than it was told to')
      }
      const answer = await once(asReader({ client: slow.client }), [to('read')])
      assert.equal(answer.status, 503, 'it waits for two seconds where it is not told')
      assert.equal((await once(asReader({ client: broken.client }), [to('read')])).status, 403)
    } finally {
      for (const one of [slow, failing, busy, broken]) one.stop()
    }
  })

  test(`${name}: a token that is good no more, and functions of the application that throw, let nobody through`, async () => {
    const fails = () => {
      throw new Error('it fails')
    }
    const token = new Probity({ url: server.url, token: 'prb_of_nobody_at_all_and_long_enough' })
    for (const [options, permission] of [
      [asReader({ client: token }), to('read')],
      [asReader({ subject: fails }), to('read')],
      [asReader({ steppedUp: fails }), to('sign')],
      [asReader(), to('read', { resource: fails })],
      [asReader(), to('read', { resource: () => Promise.reject(undefined) })],
      [asReader(), to('read', { attributes: fails })],
      [asReader(), to('read', { context: fails })],
    ] as const) {
      const { status, text } = await once(options, [permission])
      assert.equal(status, 500)
      assert.doesNotMatch(text, /through|prb_/)
    }
  })

  test(`${name}: what a visitor names and nothing can be asked about is a refusal, and no failure of the application`, async () => {
    for (const resource of ['no resource', 'document/\0', `document/${'x'.repeat(500)}`]) {
      const answer = await once(asReader(), [to('read', { resource: () => resource })])
      isRefusal(answer)
      assert.equal(answer.status, 400, resource)
    }
  })

  test(`${name}: what takes a second factor sends them to show it, unless the application knows that they did`, async () => {
    for (const [action, age, told] of [
      ['sign', 300, ', max_age="300"'],
      ['seal', null, ''],
    ] as const) {
      for (const more of [{}, { steppedUp: () => false }]) {
        const answer = await once(asReader(more), [to(action)])
        isRefusal(answer)
        const wanted = `Bearer error="insufficient_user_authentication"${told}`
        assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [401, wanted])
      }
      const ages: (number | null)[] = []
      const steppedUp = (_: Seen, asked: number | null) => ages.push(asked) > 0
      assert.equal((await once(asReader({ steppedUp }), [to(action)])).status, 200)
      assert.deepEqual(ages, [age])
    }
  })

  test(`${name}: an obligation that this version knows nothing of lets nobody through`, async () => {
    for (const obligations of [[{ type: 'watermark' }], [{ type: 'mask' }], [null], [{ type: 'mask', fields: [1] }]]) {
      const later = await standIn({
        status: 200,
        headers: {},
        body: { authorized: true, decision_id: '', obligations },
      })
      const answer = await once(asReader({ client: later.client }), [to('read')])
      later.stop()
      isRefusal(answer)
      assert.equal(answer.status, 403)
    }
  })

  test(`${name}: the handler reads what it is not to show, by every decision`, async () => {
    const { body } = await once(asReader(), [to('show'), to('list'), to('read')])
    assert.deepEqual(body.passed.mask, ['salary', 'address', 'name'])
    assert.deepEqual(
      body.passed.decisions.map(({ action }: { action: string }) => action),
      ['show', 'list', 'read'],
    )
  })

  test(`${name}: the same question is asked once a request, and again in the next one`, async () => {
    const other = to('read', { resource: () => 'document/other' })
    await during(asReader(), [to('read'), to('read'), other], async (app) => {
      const ids: string[] = []
      for (const _ of [1, 2]) {
        const { decisions } = (await ask(app)).body.passed
        const [first, again, another] = decisions.map(({ decisionId }: { decisionId: string }) => decisionId)
        assert.equal(first, again)
        ids.push(first, another)
      }
      assert.equal(new Set(ids).size, 4)
    })
  })

  test(`${name}: people of the application are asked about with what it knows of them, the resource and the request`, async () => {
    const options: Options = {
      client,
      subject: () => ({ type: 'clerk', id: 'eve', properties: { region: 'north' } }),
    }
    const permission = to('read', {
      attributes: async ({ id }) => ({ status: id === 'plan' ? 'open' : 'closed' }),
      context: (request) => ({ ip: request.header('x-from') ?? '' }),
    })
    await during(options, [permission], async (app) => {
      const statuses = []
      for (const [id, ip] of [
        ['plan', '192.0.2.7'],
        ['other', '192.0.2.7'],
        ['plan', '198.51.100.7'],
      ])
        statuses.push((await ask(app, id, { 'x-from': ip ?? '' })).status)
      assert.deepEqual(statuses, [200, 403, 403])
    })
  })

  test(`${name}: a policy that was just approved counts for the next request`, async () => {
    const someone = await person(server)
    const permissions = [to('draw')]
    await inForce(`permit (principal == User::"${someone.id}", action == Action::"draw", resource is document);`)
    await during(asReader({ subject: () => someone.id }), permissions, async (app) => {
      assert.equal((await ask(app)).status, 200)
      await inForce(`forbid (principal == User::"${someone.id}", action == Action::"draw", resource is document);`)
      assert.equal((await ask(app)).status, 403)
    })
  })
}
