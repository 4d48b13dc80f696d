import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import { parseStrict } from '@probity/core'
import { ProbityLogExporter } from '@probity/sdk/opentelemetry'
import fc from 'fast-check'
import { readEvent } from '../../src/domains/audit/formats/index.ts'

type Exported = Parameters<ProbityLogExporter['export']>[0][number]
type Event = Record<string, unknown> & { event_data: Record<string, unknown> }

const record = (more: Partial<Exported>): Exported => ({
  ...{ hrTime: [1_700_000_000, 0], attributes: {}, resource: { attributes: {} }, instrumentationScope: { name: '' } },
  ...more,
})
/** Events of records, each of which the server reads. */
async function eventsOf(...records: Exported[]): Promise<Event[]> {
  const lines: string[] = []
  const queue = {
    add: async (event: object) => void lines.push(JSON.stringify(event)),
    ...{ flush: async () => {}, close: async () => {} },
  }
  const result = await new Promise((done) => new ProbityLogExporter({ queue }).export(records, done))
  assert.deepEqual(result, { code: 0 })
  for (const line of lines) readEvent('probity', parseStrict(line)) // throws what is refused
  return lines.map((line) => JSON.parse(line))
}
async function eventOf(attributes: object, more: Partial<Exported> = {}): Promise<Event> {
  const [event] = await eventsOf(record({ attributes, ...more }))
  assert.ok(event)
  return event
}
function nested(levels: number): object {
  let value: object = {}
  for (let i = 1; i < levels; i++) value = { a: value }
  return value
}
function levelsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(levelsOf))
}

const NAMES = [
  ...[
    'event_type',
    'event_id',
    'occurred_at',
    'timestamp',
    'user_id',
    'actor_type',
    'session_id',
    'resource',
    'action',
  ],
  ...['outcome', 'risk_score', 'ip_address', 'user_agent', 'metadata', 'event_data', 'personal', 'subjects', 'message'],
  ...['enduser.id', 'user.id', 'client.address', 'session.id', 'user_agent.original', 'body', 'level', 'time', 'x'],
]
const texts = fc.oneof(
  fc.constantFrom('person', 'service', 'system', 'Success', '192.0.2.7', '::1', 'a\tb', '\ud800', '', '1.2.3.4:5678'),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 250, maxLength: 260 }),
  fc.constantFrom('x'.repeat(2048), 'x'.repeat(2049)),
)
const subject = fc.record(
  { id: texts, aliases: fc.oneof(fc.array(texts), texts), personal: fc.oneof(fc.object(), texts), other: fc.nat() },
  { requiredKeys: [] },
)
const values = fc.oneof(
  ...[texts, fc.integer({ min: -5, max: 105 }), fc.anything({ withBigInt: true, withNullPrototype: true })],
  ...[fc.array(fc.oneof(subject, texts)), fc.object(), fc.integer({ min: 90, max: 130 }).map(nested)],
)

test('the server takes an event of whatever was logged', async () => {
  const attributes = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary' })), values)
  const severityText = fc.option(texts, { nil: undefined })
  const hrTime = fc.tuple(fc.oneof(fc.double(), fc.integer()), fc.double())
  const more = fc.record({ attributes, severityText, hrTime, body: values, eventName: severityText })
  await fc.assert(
    fc.asyncProperty(more, async (one) => void (await eventsOf(record(one)))),
    { numRuns: 2_000 },
  )
})

test('an address is one to the SDK where it is one to the server', async () => {
  const ip = async (text: string) => (await eventOf({ ip_address: text })).ip_address === text
  const pieces = fc.constantFrom(
    ...'0 1 9 25 255 256 01 fe80 ffff 12345 g . : :: % eth0 1.2.3.4 [ ] / -'.split(' '),
    ' ',
  )
  const some = fc.oneof(
    ...[fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string()],
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(fc.constantFrom('0', 'ab', 'ffff', '', '1.2.3.4'), { maxLength: 10 }).map((parts) => parts.join(':')),
  )
  await fc.assert(
    fc.asyncProperty(some, async (text) => assert.equal(await ip(text), isIP(text) !== 0, text)),
    { numRuns: 20_000 },
  )
  for (const text of ['1.2.3.4', '::', '::1.2.3.4', '1::', 'fe80::1%eth0', '1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:7::'])
    assert.equal(await ip(text), true, text)
  for (const text of [
    'not-an-ip',
    '1.2.3.4:5678',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4.',
    '1:2:3:4:5:6:7:8::',
    '1.2.3.4::',
    ':1',
  ])
    assert.equal(await ip(text), false, text)
})

test('what does not fit as a member is data as it came, and whose it would be has to be known', async () => {
  const odd = {
    ip_address: '1.2.3.4:5',
    user_agent: 'a\tb',
    resource: 'x'.repeat(2049),
    session_id: '',
    action: 'a\u0000',
  }
  const { event_data, ...members } = await eventOf(odd)
  assert.deepEqual(event_data, odd)
  assert.deepEqual(Object.keys(members).sort(), ['event_type', 'occurred_at', 'outcome'])
  const ofNobody = { actor_type: 'person', personal: { email: 'x' }, subjects: [{ name: 'x' }] }
  assert.deepEqual((await eventOf(ofNobody)).event_data, ofNobody)
  const service = await eventOf({ user_id: 'backup', actor_type: 'service', personal: { email: 'x' } })
  assert.deepEqual([service.actor_type, service.event_data], ['service', { personal: { email: 'x' } }])
  const of = {
    user_id: 'ada',
    personal: { email: 'x' },
    subjects: [{ id: 'eve', aliases: ['e'], personal: { age: 3 } }],
  }
  const { user_id, personal, subjects } = await eventOf(of)
  assert.deepEqual({ user_id, personal, subjects }, of)
})

test('an event_id is the id of the event only where the line says which event it is', async () => {
  const logged = await eventOf({ event_id: 'order-4' })
  assert.deepEqual([logged.event_id, logged.event_data.event_id], [undefined, 'order-4'])
  const named = await eventOf({ event_id: 'order-4' }, { eventName: 'order.placed' })
  assert.deepEqual([named.event_id, named.event_data], ['order-4', {}])
})

test('fields of the same name are all there: the message is that of the line', async () => {
  const attributes = { message: 'boo', body: 1, 'field.message': 2, event_data: { message: 'inner', sum: 3 }, sum: 4 }
  const { event_data } = await eventOf(attributes, { body: 'real message' })
  assert.deepEqual(event_data, {
    ...{ message: 'real message', 'field.message': 'boo', 'field.field.message': 2, body: 1, sum: 4 },
    ...{ 'field.field.field.message': 'inner', 'field.sum': 3 },
  })
})

test('of several who it is of the first by order is the member, and the others are data under their names', async () => {
  const both = { 'user.id': 'account-7', 'enduser.id': 'ada' }
  const two = await eventOf(both)
  assert.deepEqual([two.user_id, two.event_data], ['ada', { 'user.id': 'account-7' }])
  const three = await eventOf({ ...both, user_id: 'own' })
  assert.deepEqual([three.user_id, three.event_data], ['own', both])
  const unfit = await eventOf({ ...both, user_id: 7 })
  assert.deepEqual([unfit.user_id, unfit.event_data], ['ada', { 'user.id': 'account-7', user_id: 7 }])
})

test('what nests deeper than an event may is the JSON text of it, and what contains itself is named', async () => {
  const { event_data: deep } = await eventOf({}, { body: nested(20_000) })
  assert.equal(levelsOf(deep), 99)
  assert.match(JSON.stringify(deep), /\{\\"a\\":\{\\"a\\":/)
  assert.deepEqual(
    (await eventOf({}, { body: nested(98) })).event_data.body,
    nested(98),
    'as many as it may are as they were',
  )
  const cycle: Record<string, unknown> = { name: 'x', list: [nested(200)] }
  cycle.self = cycle
  const { event_data: cyclic } = await eventOf({ cycle, again: { cycle } })
  assert.equal((cyclic.cycle as typeof cycle).self, '[Circular]')
  const within: Record<string, unknown> = {}
  within.down = { within }
  const { event_data: buried } = await eventOf({ x: Array.from({ length: 150 }).reduce((held) => ({ held }), within) })
  assert.match(JSON.stringify(buried), /\[Circular\]/)
})

test('a time that cannot be kept is data, and the event is of now; a level that cannot be named is data', async () => {
  for (const hrTime of [
    [Number.NaN, 0],
    [-1, 0],
    [1e15, 0],
    [9e9 * 1.1, 0],
  ] as [number, number][]) {
    const event = await eventOf({}, { hrTime })
    assert.ok(Math.abs(Date.parse(event.occurred_at as string) - Date.now()) < 60_000)
    assert.deepEqual(event.event_data.time, Number.isNaN(hrTime[0]) ? ['NaN', 0] : hrTime)
  }
  for (const severityText of ['x'.repeat(256), 'a\nb']) {
    const event = await eventOf({}, { severityText })
    assert.deepEqual([event.event_type, event.event_data.level], ['log.other', severityText])
  }
})

test('a record that cannot be read takes no other along, and large bytes are base64', async () => {
  const bytes = new Uint8Array(300_000).fill(7)
  const thrower = {
    get broken(): never {
      throw new Error('no such thing')
    },
  }
  const events = await eventsOf(
    ...[record({ attributes: { n: 1 } }), record({ attributes: thrower }), record({ attributes: { bytes } })],
    record({ attributes: null as never }),
    record({ hrTime: [Number.NaN, 0] }),
  )
  assert.deepEqual(
    events.map(({ event_type }) => event_type),
    ['log.info', 'log.unreadable', 'log.info', 'log.unreadable', 'log.info'],
  )
  assert.match(String(events[1]?.event_data.why), /no such thing/)
  assert.equal(events[2]?.event_data.bytes, Buffer.from(bytes).toString('base64'))
})
