import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import fc from 'fast-check'
import type { JsonObject, ObservedEvent, Person } from './observed-event.ts'
import { redact, restore } from './redact.ts'

const ALICE: Person = { type: 'person', id: 'alice', aliases: ['alice@example.com'] }
const BOB: Person = { type: 'person', id: 'bob', aliases: [] }

function observed(data: JsonObject, rest: Partial<ObservedEvent> = {}): ObservedEvent {
  const columns = {
    event_id: null,
    occurred_at: null,
    event_type: 'read',
    session: null,
    resource: null,
    action: null,
    risk_score: null,
  }
  return { ...columns, actor: ALICE, outcome: 'Success', people: [], personal: [], data, ...rest }
}

const membersOf = (event: ObservedEvent, ...people: number[]) =>
  redact(event).parts.find((part) => part.people.join() === people.join())?.members

test('a personal member goes to the part of its person, an element leaves null so that indexes stay', () => {
  const event = observed(
    { ips: ['1.2.3.4', 'x'], name: 'Alice A.' },
    {
      personal: [
        { pointer: '/data/ips/0', person: -1 },
        { pointer: '/data/name', person: -1 },
      ],
    },
  )
  assert.deepEqual(redact(event).clear.data, { ips: [null, 'x'] })
  assert.deepEqual(membersOf(event, -1), { '/actor/id': 'alice', '/data/ips/0': '1.2.3.4', '/data/name': 'Alice A.' })
})

test('the actor who is a person has no id in clear, a service keeps its own', () => {
  assert.deepEqual(redact(observed({})).clear.actor, { type: 'person', id: '' })
  const service: Person = { type: 'service', id: 'backup', aliases: [] }
  assert.deepEqual(redact(observed({}, { actor: service })).clear.actor, { type: 'service', id: 'backup' })
})

test('a service whose name holds a person’s is sealed with that person', () => {
  const service: Person = { type: 'service', id: 'backup-of-bobby', aliases: [] }
  const event = observed({}, { actor: service, people: [{ ...BOB, id: 'bobby' }] })
  assert.deepEqual(redact(event).clear.actor, { type: 'service', id: 'sealed' })
  assert.deepEqual(membersOf(event, 0), { '/actor/id': 'backup-of-bobby', '/people/0/id': 'bobby' })
})

test('a value takes the texts, keys and numbers with it that hold it, in any case and percent-encoded', () => {
  const data = {
    arn: 'arn:aws:iam::1:user/ALICE',
    url: '/u?m=alice%40example.com',
    partly: '%61lice',
    uid: 123456,
    again: 123456,
    json: '{"n":"\\u0061lice"}',
    'of alice': { x: 1 },
    kept: 'nothing',
  }
  const event = observed(data, { personal: [{ pointer: '/data/uid', person: -1 }] })
  assert.deepEqual(redact(event).clear.data, { kept: 'nothing' })
})

test('a value is found with invisible characters in it and with other spacing, on either side', () => {
  const people: Person[] = [{ type: 'person', id: 'Maria Lopez', aliases: ['zebe\u00addiah', 'anna\u2003  quill'] }]
  const data = {
    hidden: 'ma\u200bria lo\u00adpez',
    spaced: 'by Maria \u00a0Lopez',
    broken: 'by maria\n\tlopez',
    joined: '"maria\u2060 lopez\ufeff"',
    escaped: '{"n":"m\\u200daria lopez"}',
    encoded: 'maria%20%20lopez',
    alias: 'zebediah',
    control: 'zebe\u0000diah',
    other: 'Anna Quill',
    'of maria  lopez': 1,
    kept: 'maria of lopez',
  }
  assert.deepEqual(redact(observed(data, { people })).clear.data, { kept: 'maria of lopez' })
})

test('a value that is next to nothing without its invisible characters takes no other text with it', () => {
  const people: Person[] = [
    { type: 'person', id: '\u200b\u200b\u200bab', aliases: ['\u200b\u00ad\u2060\ufeff', 'x \u200b y'] },
  ]
  const data = { a: 'about', b: '', c: 'tab ab', d: 'x yes', e: 'to x y' }
  assert.deepEqual(redact(observed(data, { people })).clear.data, { a: 'about', b: '', d: 'x yes' })
})

test('a value of fewer than four characters counts only between what is no letter or digit', () => {
  const event = observed({ a: 'org/bob-repo', b: 'bobsleigh', c: 'BOB' }, { actor: BOB })
  assert.deepEqual(redact(event).clear.data, { b: 'bobsleigh' })
})

test('generic words and short numbers stay in their place and seal nothing else', () => {
  const personal = ['name', 'on', 'lat', 'cc'].map((name) => ({ pointer: `/data/${name}`, person: -1 }))
  const event = observed(
    { name: 'Unknown', on: true, lat: 20, cc: 'US', a: 'unknown', b: true, c: 20, d: 'us-east-1' },
    { personal },
  )
  assert.deepEqual(redact(event).clear.data, { a: 'unknown', b: true, c: 20, d: 'us-east-1' })
})

test('a user agent spreads only as a whole', () => {
  const event = observed(
    { user_agent: 'Mozilla/5.0', same: 'mozilla/5.0', other: 'Mozilla/5.0 (X11)' },
    { personal: [{ pointer: '/data/user_agent', person: -1 }] },
  )
  assert.deepEqual(redact(event).clear.data, { other: 'Mozilla/5.0 (X11)' })
})

test('a text of several people goes to a part of all of them', () => {
  const event = observed({ note: 'alice wrote to bob' }, { people: [BOB] })
  assert.deepEqual(redact(event).clear.data, {})
  assert.deepEqual(membersOf(event, -1, 0), { '/data/note': 'alice wrote to bob' })
})

test('columns that hold a value are emptied, an event type becomes the word sealed', () => {
  const event = observed({}, { event_type: 'alice.read', session: 's-alice', resource: '/home/alice', action: 'read' })
  const { event_type, session, resource, action } = redact(event).clear
  assert.deepEqual(
    { event_type, session, resource, action },
    { event_type: 'sealed', session: null, resource: null, action: 'read' },
  )
  assert.equal(membersOf(event, -1)?.['/event_type'], 'alice.read')
})

test('a column that was cut in the middle of a value is emptied', () => {
  const resource = `${'x'.repeat(2042)}/alice`
  assert.equal(resource.length, 2048)
  const event = observed({}, { resource, actor: { ...ALICE, id: 'alice-longer-name' } })
  assert.equal(redact(event).clear.resource, null)
})

test('a member called __proto__ is a member', () => {
  const data = JSON.parse('{"__proto__":{"a":"alice"},"b":1}') as JsonObject
  const { clear, parts } = redact(observed(data))
  assert.equal(JSON.stringify(clear.data), '{"__proto__":{},"b":1}')
  const whole = restore(
    clear,
    parts.map((part) => part.members),
  )
  assert.equal(JSON.stringify(whole.data), JSON.stringify(data))
})

test('what could not be opened stays away when the rest is restored', () => {
  const event = observed({ a: 'alice', b: 'bob' }, { people: [BOB] })
  const { clear, parts } = redact(event)
  assert.deepEqual(
    restore(
      clear,
      parts.filter((part) => part.people[0] === 0).map((part) => part.members),
    ).data,
    { b: 'bob' },
  )
})

const word = fc.stringMatching(/^[a-zA-Z]{5,9}$/).map((name) => `Q${name}`)
const name = fc.oneof(
  word,
  fc.tuple(word, word).map(([a, b]) => `${a} ${b}`),
  word.map((one) => `${one}@example.com`),
  fc.stringMatching(/^[À-ÿΑ-Ωα-ω]{5,8}$/),
)

/** Text around a name, as products write it. */
const around = (one: string) =>
  fc.constantFrom(
    one,
    `arn:aws:iam::1:user/${one}`,
    encodeURIComponent(one),
    `?u=${encodeURIComponent(one).replaceAll('%20', '+')}`,
    one.toUpperCase(),
    JSON.stringify({ n: one }),
    `${one}'s`,
  )

const scene = fc
  .tuple(name, name, fc.ipV4(), fc.integer({ min: 10_000, max: 99_999_999 }))
  .chain(([actor, other, address, uid]) => {
    const leaf = fc.oneof(
      around(actor),
      around(other),
      around(address),
      fc.constant(uid),
      fc.jsonValue({ maxDepth: 1 }).map((one) => one as Json),
    )
    const key = fc.oneof(fc.string(), fc.constant(actor), fc.constantFrom('a', 'b', '__proto__', 'x/y~z'))
    const tree = fc.letrec<{ node: Json }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4 }),
      ),
    })).node
    return fc.record({
      tree,
      columns: fc.tuple(around(actor), around(other), fc.string()),
      event: fc.constant({ actor, other, address, uid }),
      anonymous: fc.boolean(),
    })
  })

const flat = (value: Json): Json[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, one]) => [...(Array.isArray(value) ? [] : [key]), ...flat(one)])
    : [value]

test('whatever the event, no personal value is left in clear and nothing is lost', () => {
  fc.assert(
    fc.property(scene, ({ tree, columns, event: { actor, other, address, uid }, anonymous }) => {
      const data: JsonObject = {
        ip: address,
        uid,
        target: { name: other },
        deep: { tree: JSON.parse(JSON.stringify(tree)) as Json },
      }
      const me = anonymous ? 1 : -1
      const event = observed(data, {
        actor: anonymous ? null : { type: 'person', id: actor, aliases: [] },
        people: [
          { type: 'person', id: other, aliases: [] },
          ...(anonymous ? [{ type: 'person', id: actor, aliases: [] } as Person] : []),
        ],
        personal: [
          { pointer: '/data/ip', person: me },
          { pointer: '/data/uid', person: me },
          { pointer: '/data/target', person: 0 },
        ],
        event_type: columns[0],
        session: columns[1],
        resource: columns[2],
      })
      const { clear, parts } = redact(event)
      for (const left of flat(clear as unknown as Json)) {
        if (typeof left === 'number') assert.notEqual(left, uid)
        if (typeof left !== 'string') continue
        for (const secret of [actor, other, address, `${uid}`]) {
          assert.ok(!left.toLowerCase().includes(secret.toLowerCase()), `${secret} in ${left}`)
          assert.ok(!left.toLowerCase().includes(encodeURIComponent(secret).toLowerCase()), `${secret} in ${left}`)
        }
      }
      const whole = restore(
        clear,
        parts.map((part) => part.members),
      )
      assert.deepEqual(whole.data, data)
      assert.deepEqual(
        [whole.event_type, whole.session, whole.resource, whole.actor?.id],
        [event.event_type, event.session, event.resource, event.actor?.id],
      )
      assert.deepEqual(
        parts.map((part) => part.people),
        parts.map((part) => [...new Set(part.people)].sort((a, b) => a - b)),
      )
    }),
    { numRuns: 1000 },
  )
})

test('a big event of a thousand texts is redacted in a few milliseconds at most', () => {
  const data: JsonObject = {
    list: Array.from({ length: 1000 }, (_, i) => `arn:aws:s3:::bucket-${i}/path/of/an/object-${i}`),
    ip: '1.2.3.4',
  }
  const event = observed(data, { personal: [{ pointer: '/data/ip', person: -1 }] })
  for (let i = 0; i < 50; i++) redact(event)
  const start = process.hrtime.bigint()
  for (let i = 0; i < 50; i++) redact(event)
  assert.ok(Number(process.hrtime.bigint() - start) / 50 < 5_000_000)
})
