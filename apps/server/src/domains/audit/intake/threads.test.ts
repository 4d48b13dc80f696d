import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { leafHash, parseLeaf } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { systemClock } from '../../../platform/clock.ts'
import { DomainError } from '../../../platform/errors.ts'
import { type DataKey, type Identity, open } from '../../keys/index.ts'
import { partLocation } from '../rules.ts'
import { Intake } from './intake.ts'
import type { Prepared } from './prepared.ts'
import { isRefused, readSource, type Source } from './source.ts'
import { IntakeThreads, type KeysOf, type Made, oneByOne } from './threads.ts'

const TENANT = randomUUID()
const threads = new IntakeThreads({ clock: systemClock(), isShared: () => false })
after(() => threads.stop())

const people = new Map<string, DataKey>()
function keyOf(id: string): DataKey {
  const known = people.get(id)
  if (known) return known
  const key = { id: randomUUID(), subject: randomUUID(), epoch: 1, key: randomBytes(32), fields: new Map() }
  people.set(id, key)
  return key
}
const keysOf: KeysOf = async (identities: readonly Identity[]) => ({
  keys: identities.map(({ id }) => keyOf(id)),
  own: keyOf('the tenant'),
})

const EVENTS = [
  { event_id: randomUUID(), event_type: 'a', user_id: 'ada', ip_address: '192.0.2.1', resource: 'user/ada' },
  { event_type: 'b', user_id: 'bob', personal: { note: 'Bob’s' }, subjects: [{ id: 'ada' }] },
  { event_type: 'c', user_id: 'a service', actor_type: 'service', metadata: { n: 1 }, risk_score: 5 },
  { outcome: 'Success' },
  { event_id: randomUUID(), event_type: 'large', user_id: 'ada', event_data: { blob: 'x'.repeat(70_000) } },
]
const lines: Source = {
  format: 'probity',
  kind: 'lines',
  bytes: Buffer.from(['{broken', ...EVENTS.map((event) => JSON.stringify(event)), ''].join('\n')),
}

/** What must be the same whoever made it: times, nonces and generated ids differ. */
function essence({ line, event }: Made) {
  if (isRefused(event)) return { line, event }
  const { received_at: _, occurred_at: __, event_id, sealed, ...leaf } = parseLeaf(event.leaf.bytes)
  assert.deepEqual(Buffer.from(event.leaf.hash), Buffer.from(leafHash(nodeCrypto.sha256, event.leaf.bytes)))
  return {
    line,
    leaf,
    event_id: event.content && event_id,
    content: event.content,
    sealed: sealed.map(({ subjects }) => subjects),
    opened: opened(event),
  }
}

function opened({ eventId, parts }: Prepared): string[] {
  const keys = [...people.values()]
  return parts.map(({ subjects, envelope }, part) => {
    const owners = subjects.map((subject) => keys.find((key) => key.subject === subject) as DataKey)
    return open(TENANT, owners, partLocation(eventId, part), envelope).subarray(32).toString()
  })
}

async function madeHere(source: Source): Promise<Made[]> {
  const read = readSource(source)
  const intake = new Intake(read.flatMap(({ event }) => (isRefused(event) ? [] : [event])))
  const clock = systemClock()
  const sealing = { tenantId: TENANT, received: () => clock.now(), ...(await keysOf(intake.identities)) }
  const made = intake.seal(sealing)
  return read.map(({ line, event }) => ({ line, event: isRefused(event) ? event : (made.shift() as Prepared) }))
}

test('a thread makes of a source what this thread makes of it: leaves, parts, digests and refusals', async () => {
  const there = [...oneByOne(await threads.prepare(TENANT, lines, keysOf))].map(essence)
  assert.deepEqual(there, (await madeHere(lines)).map(essence))
  assert.equal(there.length, 6)
})

test('what is wrong with a body crosses from the thread as the same error', async () => {
  const bodies = ['{"a":', '[]', '[1]', `[${Array(1001).fill('{}').join()}]`]
  for (const text of bodies) {
    const source: Source = { format: 'probity', kind: 'body', bytes: Buffer.from(text) }
    await assert.rejects(threads.prepare(TENANT, source, keysOf), (error) => {
      assert(error instanceof DomainError)
      assert(['BAD_REQUEST', 'VALIDATION_FAILED'].includes(error.code), error.code)
      return true
    })
  }
})

test('keys that cannot be had fail their source alone', async () => {
  const refused = threads.prepare(TENANT, lines, () => Promise.reject(new Error('no keystore')))
  await assert.rejects(refused, /no keystore/)
  assert.equal([...oneByOne(await threads.prepare(TENANT, lines, keysOf))].length, 6)
})

test('a thread that ends fails what it had with 503, and the next source gets another', async () => {
  const own = new IntakeThreads({ clock: systemClock(), isShared: () => false })
  const underWay = own.prepare(TENANT, lines, async (identities) => {
    await own.stop()
    return keysOf(identities)
  })
  await assert.rejects(underWay, (error) => error instanceof DomainError && error.code === 'UNAVAILABLE')
  assert.equal([...oneByOne(await own.prepare(TENANT, lines, keysOf))].length, 6)
  await own.stop()
})
