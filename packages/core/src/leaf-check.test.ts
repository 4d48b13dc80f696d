import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leaves } from '../test/leaves.ts'
import { concat, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { uuidToBytes } from './ids.ts'
import type { Json } from './json.ts'
import { markBytes } from './json-walk.ts'
import { encodeLeaf, type Leaf, parseLeaf } from './leaf.ts'
import { LEAF_TEXTS, LeafCheck } from './leaf-check.ts'

const uuid = '0190a5c4-7f00-7000-8000-000000000001'
const other = '0190a5c4-7f00-7000-8000-000000000002'
const leaf: Leaf = {
  v: 1,
  event_id: other,
  tenant_id: uuid,
  occurred_at: -1,
  received_at: Number.MAX_SAFE_INTEGER,
  event_type: 'user.login',
  actor: { id: uuid, type: 'person' },
  session: null,
  resource: 'document/1',
  action: null,
  outcome: 'Success',
  risk_score: 100,
  data: {},
  sealed: [
    { subjects: [uuid, other], commit: '0a'.repeat(32) },
    { subjects: [uuid], commit: 'f'.repeat(64) },
  ],
}

/** The event id, where the check accepts the bytes as a leaf of the tenant. They stand amidst others. */
function checked(bytes: Uint8Array, tenantId = uuid): Uint8Array | null {
  return lookedAt(bytes, tenantId)?.id ?? null
}

/** The event id, and what else the check says of the leaf. */
function lookedAt(bytes: Uint8Array, tenantId: string) {
  const around = encodeUtf8('"{\\')
  const all = concat([around, bytes, around])
  const check = new LeafCheck(tenantId)
  check.open(all, markBytes(all))
  const eventIds = new Uint8Array(20)
  if (!check.accepts(3, 3 + bytes.length, eventIds, 2)) return null
  const { texts, receivedAt, riskScore, hasParts } = check
  const textOf = (place: number): Json => JSON.parse(decodeUtf8(all.subarray(texts[2 * place], texts[2 * place + 1])))
  const said = Object.fromEntries(Object.entries(LEAF_TEXTS).map(([name, place]) => [name, textOf(place)]))
  return { id: eventIds.slice(2, 18), said: { ...said, receivedAt, riskScore, hasParts } }
}

/** Fails where the check accepts what parseLeaf does not, or as another. Says whether it accepts. */
function agrees(bytes: Uint8Array, tenantId = uuid): boolean {
  const found = lookedAt(bytes, tenantId)
  if (found === null) return false
  const parsed = parseLeaf(bytes)
  const { action, event_type, outcome, resource, session } = parsed
  assert.deepEqual(found.id, uuidToBytes(parsed.event_id))
  assert.deepEqual(found.said, {
    ...{ action, actor: parsed.actor?.id ?? null, event_type, outcome, resource, session },
    ...{ receivedAt: parsed.received_at, riskScore: parsed.risk_score ?? -1, hasParts: parsed.sealed.length > 0 },
  })
  assert.equal(parsed.tenant_id, tenantId)
  return true
}

test('what is accepted is a leaf of the tenant, and its event id the one that parsing gives', () => {
  let accepted = 0
  fc.assert(
    fc.property(leaves, (any) => {
      if (agrees(encodeLeaf(any), any.tenant_id)) accepted++
      assert.equal(checked(encodeLeaf(any), other), null)
    }),
    { numRuns: 2000 },
  )
  assert.ok(accepted > 200, `${accepted} of 2000`)
})

test('the leaves that products make are accepted', () => {
  const values: Json[] = [
    { a: 1, b: [true, false, null, {}, [], [[]], { c: { d: -7 } }], é: 1 }.b as Json,
    [0, -1, 10, 999_999_999_999_999, Number.MAX_SAFE_INTEGER, 0.5, -0.25, 51.35555555555555, 1e-7, 1e21, 5e-324],
    [
      '',
      'é',
      '中文',
      '😀',
      '\u0000\u001f\b\t\n\f\r"\\/',
      '\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}',
    ],
    { '': 0, ' ': 0, '!': 0, $: 0, A: 0, AA: 0, B: 0, _: 0, a: 0, ab: 0, 'ab c': 0, b: 0 },
    { 10: 0, 9: 0, __proto__x: 0, constructor: 0 },
    JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`),
    'x'.repeat(60_000),
  ]
  for (const value of values)
    assert.ok(agrees(encodeLeaf({ ...leaf, data: { value } })), JSON.stringify(value).slice(0, 80))
  const variants: Partial<Leaf>[] = [
    { actor: null },
    { actor: { id: '', type: 'service' } },
    { actor: { id: 'né "quoted"', type: 'system' } },
    { session: 'a', resource: null, action: '\n' },
    { risk_score: null, sealed: [] },
    { risk_score: 0, outcome: 'Failure' },
    { outcome: 'Warning', event_type: 'x'.repeat(255) },
    { outcome: 'Information', occurred_at: 0 },
  ]
  for (const variant of variants) assert.ok(agrees(encodeLeaf({ ...leaf, ...variant })), JSON.stringify(variant))
})

test('of a leaf with any byte changed, left out or put in, nothing is accepted that parsing refuses', () => {
  const data: Json = { a: [1, -20, 0.5, 1e-7], 'a b': { '': null, c: true }, b: 'é\n"\u0001😀', c: [{}, [], false] }
  const bytes = encodeLeaf({ ...leaf, data: data as Leaf['data'] })
  assert.ok(agrees(bytes))
  const units = [
    ...new TextEncoder().encode('"\\{}[],:0123456789abcdefABCDEFunrt+-.eE/ \n\u007f'),
    0x00,
    0x80,
    0xbf,
    0xc2,
    0xed,
    0xf4,
    0xff,
  ]
  for (let at = 0; at < bytes.length; at++) {
    agrees(concat([bytes.subarray(0, at), bytes.subarray(at + 1)]))
    agrees(bytes.subarray(0, at))
    for (const unit of units) {
      agrees(bytes.with(at, unit))
      agrees(concat([bytes.subarray(0, at), Uint8Array.of(unit), bytes.subarray(at)]))
    }
  }
  agrees(concat([bytes, bytes]))
})

test('of any leaf with pieces of others in it, nothing is accepted that parsing refuses', () => {
  const pieces = fc.constantFrom(
    '"',
    '\\',
    ',',
    ':',
    '{}',
    '[]',
    '-0',
    '1.50',
    '1E2',
    '1e+5',
    '\\u0008',
    '\\u001F',
    '\\u0041',
    '\ud800',
    '"a":1,',
    '"":0,',
  )
  fc.assert(
    fc.property(leaves, fc.nat(), fc.nat(8), pieces, fc.nat(255), (any, place, length, piece, byte) => {
      const bytes = encodeLeaf(any)
      const at = place % bytes.length
      agrees(
        concat([bytes.subarray(0, at), new TextEncoder().encode(piece), bytes.subarray(at + length)]),
        any.tenant_id,
      )
      agrees(bytes.with(at, byte), any.tenant_id)
    }),
    { numRuns: 5000 },
  )
  fc.assert(fc.property(fc.uint8Array(), (garbage) => assert.equal(checked(garbage), null)))
})

test('a leaf that formats §1 does not allow is not accepted, however canonical', () => {
  const wrong: { [K in keyof Leaf]?: unknown[] } = {
    event_id: ['', uuid.toUpperCase(), `${uuid}0`, uuid.replace('-', '0')],
    tenant_id: [other],
    occurred_at: [1.5, 2 ** 53, null, '1'],
    event_type: ['', 'x'.repeat(256)],
    actor: [{}, { id: 'x', type: 'person' }, { id: `${uuid}0`, type: 'person' }, { id: 'x', type: 'robot' }, []],
    session: [1],
    outcome: ['success', null],
    risk_score: [101, -1, 0.5],
    data: [null, [], 'x'],
    sealed: [
      null,
      [{ subjects: [], commit: '0'.repeat(64) }],
      [{ subjects: [uuid, uuid], commit: '0'.repeat(64) }],
      [{ subjects: [other, uuid], commit: '0'.repeat(64) }],
      [{ subjects: [uuid], commit: 'A'.repeat(64) }],
      [{ subjects: [uuid], commit: '0'.repeat(63) }],
    ],
  }
  const written = (value: object): string =>
    `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `"${name}":${JSON.stringify(sorted(member))}`)}}`
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : Array.isArray(value)
        ? value.map(sorted)
        : value
  assert.ok(agrees(encodeUtf8(written(leaf))))
  for (const [member, values] of Object.entries(wrong))
    for (const value of values)
      assert.equal(
        checked(encodeUtf8(written({ ...leaf, [member]: value }))),
        null,
        `${member}: ${JSON.stringify(value)}`,
      )
  for (const member of Object.keys(leaf)) {
    const { [member as keyof Leaf]: _, ...less } = leaf
    assert.equal(checked(encodeUtf8(written(less))), null)
  }
  assert.equal(checked(encodeUtf8(written({ ...leaf, more: 1 }))), null)
  assert.equal(checked(encodeLeaf({ ...leaf, data: { a: JSON.parse('['.repeat(126) + ']'.repeat(126)) } })), null) // left to parsing
})
