import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { EventQueue, Probity } from '@probity/sdk'
import { ProbityLogExporter, unreadable } from '@probity/sdk/opentelemetry'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
let token: string
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probity-transports-'))
  server = await testServer()
  token = (await server.call('POST', '/v1/tokens', { name: 'logs', scopes: ['audit:write'] })).body.token
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** All entries about a resource, personal parts opened. */
async function entriesAbout(resource: string, count: number) {
  const found = async () => (await server.call('GET', `/v1/audit/events?resource=${resource}&limit=100`)).body.events
  await until(`${count} entries about ${resource}`, async () => (await found()).length === count)
  const ids: string[] = (await found()).map(({ id }: { id: string }) => id)
  return Promise.all(
    ids.reverse().map(async (id) => (await server.call('GET', `/v1/audit/events/${id}?personal=true`)).body),
  )
}
/** A process that logs as it says, with `log`, and ends; answers what it told. */
async function logging(options: object, program: string): Promise<string> {
  const transport = { target: '@probity/sdk/pino', options: { url: server.url, token, ...options } }
  const whole = `import { pino } from 'pino'
    const log = pino({ level: 'trace', transport: ${JSON.stringify(transport)} })
    ${program}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', whole], {
    ...{ cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'pipe'] },
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    told += piece
  })
  assert.deepEqual(await once(child, 'close'), [0, null], told)
  return told
}

test('pino: a line with an event_type is that event, any other is a log line with its level, fields and message', async () => {
  const told = await logging(
    {},
    `const resource = 'invoice/17'
    log.info({ event_type: 'invoice.paid', user_id: 'pedro@example.com', ip_address: '192.0.2.7', resource, sum: 12 }, 'paid')
    log.warn({ resource, action: { of: 'no text' }, outcome: 'odd', user_id: 7, risk_score: 101, ip_address: 'here' })
    log.error({ resource, err: new Error('no money') }, 'failed')
    log.child({ resource, event_data: { nested: true } }).debug('within')`,
  )
  assert.equal(told, '')
  const [paid, odd, failed, within] = await entriesAbout('invoice/17', 4)
  assert.deepEqual([paid.event_type, paid.outcome, paid.ip_address], ['invoice.paid', 'Information', '192.0.2.7'])
  assert.notEqual(paid.user_id, 'pedro@example.com', 'who it is stands under a pseudonym')
  const { hostname: _, pid, ...data } = paid.event_data
  assert.deepEqual([data, typeof pid], [{ message: 'paid', sum: 12 }, 'number'])
  assert.deepEqual([odd.event_type, odd.outcome, odd.user_id, odd.action], ['log.warn', 'Warning', null, null])
  const { action, outcome, user_id, risk_score, ip_address } = odd.event_data
  assert.deepEqual([action, outcome, user_id, risk_score, ip_address], [{ of: 'no text' }, 'odd', 7, 101, 'here'])
  assert.deepEqual([failed.event_type, failed.outcome], ['log.error', 'Failure'])
  assert.equal(failed.event_data.err.message, 'no money')
  assert.deepEqual([within.event_type, within.event_data.nested], ['log.debug', true])
})

test('pino: lines of a process whose server is away wait in the spool, and the next one sends them', async () => {
  const spool = join(folder, 'spool')
  const away = createServer()
  await once(away.listen(0, '127.0.0.1'), 'listening')
  const { port } = away.address() as { port: number }
  await new Promise((done) => away.close(done))
  const twenty = (resource: string) =>
    `for (let i = 0; i < 20; i++) log.info({ event_type: 'batch.run', resource: '${resource}', i })`
  const url = `http://127.0.0.1:${port}`
  assert.match(await logging({ url, spool, closeMilliseconds: 1_000 }, twenty('job/away')), /lines of the log are left/)
  assert.ok((await readdir(spool)).length > 0)
  assert.equal(await logging({ spool }, twenty('job/here')), '')
  for (const resource of ['job/away', 'job/here']) {
    const entries = await entriesAbout(resource, 20)
    assert.deepEqual(
      entries.map((one) => one.event_data.i).toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i),
    )
  }
})

test('pino: what the server would refuse is told all the same, and no field takes the place of the message', async () => {
  const resource = 'odd/1'
  const told = await logging(
    {},
    `const resource = '${resource}'
    let deep = {}
    for (let i = 0; i < 150; i++) deep = { deep }
    log.info({ resource, event_id: 'request-1' }, 'first')
    log.info({ resource, event_id: 'request-1' }, 'second')
    log.info({ resource, user_agent: 'a\\tb', ip_address: '1.2.3.4:5678', session_id: 'x'.repeat(3000) })
    log.info({ resource, actor_type: 'person', personal: { email: 'x@example.com' }, subjects: [{ nobody: true }] })
    log.info({ resource, body: deep, v: 7 })
    log.info({ resource, message: 'boo' }, 'real message')
    log.info({ resource, time: -5 })`,
  )
  assert.equal(told, '')
  const data = (await entriesAbout(resource, 7)).map((one) => one.event_data)
  assert.deepEqual([data[0].event_id, data[1].event_id, data[1].message], ['request-1', 'request-1', 'second'])
  assert.deepEqual([data[2].user_agent, data[2].ip_address, data[2].session_id.length], ['a\tb', '1.2.3.4:5678', 3000])
  assert.deepEqual([data[3].actor_type, data[3].subjects], ['person', [{ nobody: true }]])
  assert.equal(data[4].v, 7)
  assert.match(JSON.stringify(data[4].body), /\{\\"deep\\":/)
  assert.deepEqual([data[5].message, data[5]['field.message']], ['real message', 'boo'])
  assert.equal(data[6].time, -5)
})

test('pino: a line that is refused is told again once, as one that cannot be read; why is told now and then', async () => {
  const about = { event_type: 'same.id', event_id: 'same', user_id: 'eve@example.com' }
  const told = await logging({}, `for (let i = 0; i < 121; i++) log.info({ ...${JSON.stringify(about)}, i })`)
  assert.equal(told.match(/is refused: EVENT_ID_CONFLICT/g)?.length, 3, told)
  assert.match(told, /\(10 times\).*\(100 times\)/s)
  const toldAgain = async () =>
    (await server.call('GET', '/v1/audit/events?event_type=log.unreadable&limit=200')).body.events
  await until('all but the first are there', async () => (await toldAgain()).length === 120)
  assert.doesNotMatch(JSON.stringify(await toldAgain()), /eve@/, 'who it is of stays sealed')
  const { body } = await server.call('GET', `/v1/audit/events/${(await toldAgain())[0].id}?personal=true`)
  const line = JSON.parse(body.event_data.line)
  assert.deepEqual([body.event_data.code, line.event_id, line.event_type], ['EVENT_ID_CONFLICT', 'same', 'same.id'])
})

test('pino: without a server and a token it says what to give', async () => {
  const { default: transport } = await import('@probity/sdk/pino')
  assert.throws(() => transport({ token }), /PROBITY_URL/)
  assert.throws(() => transport({ url: server.url }), /PROBITY_TOKEN/)
})

test('OpenTelemetry: a record is an event, with its name or severity, what conventions name, trace and body', async () => {
  const queue = new EventQueue({ client: new Probity({ url: server.url, token }), milliseconds: 1 })
  const provider = new LoggerProvider({
    processors: [new BatchLogRecordProcessor({ exporter: new ProbityLogExporter({ queue }) })],
  })
  const log = provider.getLogger('shop')
  const resource = 'order/4'
  const attributes = {
    resource,
    'enduser.id': 'ada@example.com',
    'client.address': '192.0.2.9',
    bytes: new Uint8Array([1, 2]),
  }
  log.emit({ eventName: 'order.placed', severityNumber: 9, body: 'placed', attributes })
  log.emit({ severityNumber: 17, body: { code: 3, when: Number.NaN }, attributes: { resource } })
  await provider.forceFlush()
  log.emit({ severityNumber: 13, attributes: { resource } })
  await provider.shutdown()
  const [placed, failed, warned] = await entriesAbout(resource, 3)
  assert.deepEqual([placed.event_type, placed.outcome, placed.ip_address], ['order.placed', 'Information', '192.0.2.9'])
  assert.notEqual(placed.user_id, null)
  const { message, bytes, logger: scope, service } = placed.event_data
  assert.deepEqual([message, bytes, scope, typeof service], ['placed', 'AQI=', 'shop', 'string'])
  assert.deepEqual([failed.event_type, failed.outcome], ['log.error', 'Failure'])
  assert.deepEqual(failed.event_data.body, { code: 3, when: 'NaN' })
  assert.equal(warned.event_type, 'log.warn')
})

test('pino: a line that is too large for the server is told of with its beginning', async () => {
  const told = await logging({}, "log.info({ user_id: 'ada@example.com', text: 'x'.repeat(12e6) }, 'so large')")
  assert.match(told, /is refused/)
  await until('it is there', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?event_type=log.unreadable&limit=200')
    return body.events.some((one: { event_data: { line: string } }) => /so large.*x{9000}$/.test(one.event_data.line))
  })
})

test('OpenTelemetry: what is refused is told again once where the queue is told to', async () => {
  const refused: string[] = []
  const queue = new EventQueue({
    ...{ client: new Probity({ url: server.url, token }), milliseconds: 1, tellAgain: unreadable },
    onRefused: ({ code }) => refused.push(code),
  })
  const exporter = new ProbityLogExporter({ queue })
  const record = (n: number) => ({
    ...{ hrTime: [n, 0] as const, eventName: 'twice.told', attributes: { event_id: 'twice', n } },
    ...{ resource: { attributes: {} }, instrumentationScope: { name: 'twice' } },
  })
  await new Promise((done) => exporter.export([record(1), record(2)], done))
  await queue.add({ event_type: 'log.unreadable', surprise: true }) // which the server does not take either
  await exporter.shutdown()
  assert.deepEqual(refused, ['EVENT_ID_CONFLICT', 'EVENT_REFUSED'])
  await until('it is in the log', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?event_type=log.unreadable&limit=200')
    return body.events.some((one: { event_data: { line: string } }) => one.event_data.line.includes('twice.told'))
  })
})

test('OpenTelemetry: what cannot be kept is told to the SDK', async () => {
  const error = new Error('no room')
  const queue = { add: () => Promise.reject(error), flush: async () => {}, close: async () => {} }
  const record = {
    ...{ hrTime: [1, 0] as const, attributes: {}, resource: { attributes: {} }, instrumentationScope: { name: '' } },
  }
  const result = await new Promise((done) => new ProbityLogExporter({ queue }).export([record], done))
  assert.deepEqual(result, { code: 1, error })
})
