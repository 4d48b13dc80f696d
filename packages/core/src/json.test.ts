import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalize, type Json } from './json.ts'
import { parseStrict } from './json-parse.ts'

const jsons = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }).map((value) => value as Json)
const refused = (code: string) => ({ name: 'FormatError', code })
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

// RFC 8785 §3.2 said once more, without a thought for speed.
function slowly(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(slowly).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1))
  return `{${names.map((name) => `${JSON.stringify(name)}:${slowly(value[name] as Json)}`).join(',')}}`
}

test('the canonical form is that of RFC 8785 and a fixed point', () => {
  fc.assert(
    fc.property(jsons, (value) => {
      const text = canonicalize(value)
      assert.equal(text, slowly(value))
      assert.equal(canonicalize(parseStrict(text)), text)
    }),
    { numRuns: 1000 },
  )
})

test('member names are sorted by UTF-16 units, not by code points', () => {
  assert.equal(canonicalize({ '\ufb33': 1, '\u{1f600}': 2, '10': 3, '9': 4 }), '{"10":3,"9":4,"😀":2,"\ufb33":1}')
})

test('negative zero is zero', () => {
  assert.equal(canonicalize([-0]), '[0]')
})

test('what JSON has no word for is refused', () => {
  const values: unknown[] = [
    Number.NaN,
    Infinity,
    -Infinity,
    undefined,
    1n,
    () => 1,
    new Date(0),
    new Map(),
    new Array(1),
  ]
  for (const value of values) {
    assert.throws(() => canonicalize(value as Json), refused('JSON_NOT_A_VALUE'))
    assert.throws(() => canonicalize({ member: value as Json }), refused('JSON_NOT_A_VALUE'))
  }
})

test('lone surrogates are refused in values and in names', () => {
  for (const value of ['\ud800', '\udc00x', { 'a\udfff': 1 }, ['\ude00\ud83d']] as Json[]) {
    assert.throws(() => canonicalize(value), refused('JSON_LONE_SURROGATE'))
    assert.throws(() => parseStrict(JSON.stringify(value)), refused('JSON_LONE_SURROGATE'))
  }
  assert.throws(() => parseStrict('"\ud800"'), refused('JSON_LONE_SURROGATE'))
  assert.equal(canonicalize(parseStrict('"\\ud83d\\ude00"')), '"😀"')
})

test('128 containers are accepted, 129 and a million and a circle are refused', () => {
  assert.equal(canonicalize(parseStrict(nested(128))), nested(128))
  for (const depth of [129, 1_000_000]) assert.throws(() => parseStrict(nested(depth)), refused('JSON_DEPTH'))
  assert.throws(() => canonicalize(JSON.parse(nested(129))), refused('JSON_DEPTH'))
  const circle: Json[] = []
  circle.push(circle)
  assert.throws(() => canonicalize(circle), refused('JSON_DEPTH'))
})

test('parseStrict gives what JSON.parse gives', () => {
  fc.assert(
    fc.property(jsons, fc.constantFrom('', ' ', '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      assert.deepEqual(parseStrict(text), JSON.parse(text))
    }),
    { numRuns: 1000 },
  )
})

test('parseStrict refuses what JSON.parse refuses, and ends', () => {
  const texts = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '1', '-', '1e400', '12345678901234567890', '0'), {
        maxLength: 12,
      })
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      let parses = true
      try {
        JSON.parse(text)
      } catch {
        parses = false
      }
      if (parses) return
      assert.throws(() => parseStrict(text), { name: 'FormatError' })
    }),
    { numRuns: 2000 },
  )
})

test('duplicate member names are refused, also when escapes hide them', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"b":":","b":"\\":"}}]',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    assert.throws(() => parseStrict(text), refused('JSON_DUPLICATE_MEMBER'))
  }
  assert.deepEqual(parseStrict('{"a":{"a":":"},"b":{"a":"\\":\\\\"}}'), { a: { a: ':' }, b: { a: '":\\' } })
})

test('a number that a double cannot hold becomes a string of its digits', () => {
  assert.deepEqual(parseStrict('[12345678901234567890, -9007199254740993, 9007199254740992, 1e400, -1E400]'), [
    '12345678901234567890',
    '-9007199254740993',
    9007199254740992,
    '1e400',
    '-1E400',
  ])
  assert.deepEqual(parseStrict('{"n":1000000000000000000000,"s":"12345678901234567890"}'), {
    n: 1e21,
    s: '12345678901234567890',
  })
  const digits = '9'.repeat(100_000)
  assert.deepEqual(parseStrict(`[${digits}]`), [digits])
})

test('any integer comes back exactly, as a number or as a string', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (n) => {
      const value = parseStrict(`${n}`) as number | string
      assert.ok(`${value}` === `${n}` || BigInt(value) === n)
    }),
  )
})

test('a member named __proto__ survives and touches no prototype', () => {
  const value = parseStrict('{"__proto__":{"polluted":true},"n":12345678901234567890}') as {
    [member: string]: Json
  }
  assert.ok(Object.hasOwn(value, '__proto__'))
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.equal(canonicalize(value), '{"__proto__":{"polluted":true},"n":"12345678901234567890"}')
})
