import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8 } from './bytes.ts'
import { CanonicalReader } from './canonical-reader.ts'
import { canonicalize, type Json } from './json.ts'
import { NOTED_IN_STRINGS } from './json-bytes.ts'
import { parseStrict } from './json-parse.ts'

const jsons = fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' }).map((value) => value as Json)
const objects = fc.dictionary(fc.string({ unit: 'grapheme-ascii' }), jsons)

/** What must come out: the members by the slow way; null where that refuses the text. */
function slowly(text: string): Map<string, string> | null {
  try {
    const value = parseStrict(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    return new Map(Object.entries(value).map(([name, member]) => [name, canonicalize(member)]))
  } catch {
    return null
  }
}

const reader = new CanonicalReader() // one for all: what was read before must not matter

function quickly(text: string): Map<string, string> | null {
  const around = Buffer.from(`x"${text}"}]`) // what is before and after is not the text's
  const [start, end] = [2, around.length - 3]
  if (!text.isWellFormed() || !reader.read(around, start, end)) return null
  const { out, members } = reader
  return new Map(
    Array.from({ length: reader.count }, (_, i) => {
      const [from, to, first, last] = members.subarray(4 * i, 4 * i + 4)
      return [decodeUtf8(around.subarray(from, to)), decodeUtf8(out.subarray(first, last))]
    }),
  )
}

/** The quick way may say nothing; what it says is what the slow way says. */
function agree(text: string): void {
  const quick = quickly(text)
  if (quick) assert.deepEqual(new Map([...quick].sort()), new Map([...(slowly(text) ?? [])].sort()))
  if (quick) assert.notEqual(slowly(text), null)
}

test('what is read is the canonical form of each member, however it was spaced', () => {
  fc.assert(
    fc.property(objects, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      agree(JSON.stringify(value, null, space))
    }),
    { numRuns: 2000 },
  )
})

test('ordinary objects are read, in any order of their members', () => {
  const text = ' {"b" : [1, -2.50, 1e3, true,null, {"z":"\\u00e9\\/","a b":"", "a":0}],"a!":"x" , "é":{}} \n'
  assert.deepEqual(
    quickly(text),
    new Map([
      ['b', '[1,-2.5,1000,true,null,{"a":0,"a b":"","z":"é/"}]'],
      ['a!', '"x"'],
      ['é', '{}'],
    ]),
  )
})

test('a text with anything changed, dropped or doubled is read as the slow way reads it, or not at all', () => {
  const pieces = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '-',
    '0',
    '1.',
    'e+',
    '\\u00',
    '\ud800',
    '\n',
    '',
  )
  fc.assert(
    fc.property(objects, fc.array(fc.tuple(fc.nat(), fc.nat(2), pieces), { maxLength: 3 }), (value, changes) => {
      let text = JSON.stringify(value)
      for (const [where, dropped, piece] of changes) {
        const at = where % (text.length + 1)
        text = text.slice(0, at) + piece + text.slice(at + dropped)
      }
      agree(text)
    }),
    { numRuns: 10_000 },
  )
})

test('numbers are read as doubles are written, and those that no double holds are left to the slow way', () => {
  const digits = fc.stringMatching(/^-?[0-9.eE+-]{1,24}$/)
  fc.assert(
    fc.property(fc.oneof(digits, fc.double().map(String), fc.bigInt().map(String)), (number) => {
      agree(`{"n":${number}}`)
    }),
    { numRuns: 10_000 },
  )
  for (const number of ['9007199254740993', '1e400', '-', '01', '1.', '.5', '+1', '1e', '--1'])
    assert.equal(quickly(`{"n":${number}}`), null)
})

test('what is not plain to see is left to the slow way', () => {
  const twice = ['{"a":1,"a":2}', '{"o":{"b":1,"b":1}}']
  const many = Array.from({ length: 100 }, (_, i) => `"m${i % 99}":1`).join()
  const deep = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`
  for (const text of [
    ...twice,
    `{"o":{${many}}}`,
    deep,
    '{"\\u0061":1}',
    '[]',
    'null',
    '',
    '{"a":1}x',
    '{"a":"\u0001"}',
  ])
    assert.equal(quickly(text), null, text)
})

test('objects are read one after the other, and what was written stays where it is', () => {
  const one = new CanonicalReader()
  const texts = Array.from({ length: 2000 }, (_, i) => `{"b":{"z":${i},"a":"${'x'.repeat(i % 700)}"}}`)
  const views = texts.map((text) => {
    const bytes = Buffer.from(text)
    assert.ok(one.read(bytes, 0, bytes.length))
    return one.out.subarray(one.members[2], one.members[3])
  })
  for (const [i, view] of views.entries()) assert.equal(decodeUtf8(view), `{"a":"${'x'.repeat(i % 700)}","z":${i}}`)
})

test('what its strings have in them is noted', () => {
  const noted = (text: string) => {
    const bytes = Buffer.from(text)
    assert.ok(reader.read(bytes, 0, bytes.length), text)
    return reader.noted
  }
  const { beyondAscii, percent, room, escape: other } = NOTED_IN_STRINGS
  assert.equal(noted('{"a":"x y \\" z","b":[1,2.5,true]}  '), 0)
  assert.equal(noted('{"a":{"ä":1}}'), beyondAscii)
  assert.equal(noted('{"a":"\\u00e9"}'), beyondAscii)
  assert.equal(noted('{"a":"\u007f"}'), beyondAscii)
  assert.equal(noted('{"a":"\u{1f600}\\ud83d\\ude00"}'), beyondAscii)
  assert.equal(noted('{"a%":"100"}'), percent)
  assert.equal(noted('{"a":"x  y"}'), room)
  assert.equal(noted('{"a":"x\\ny"}'), room)
  assert.equal(noted('{"a":"\\\\"}'), other)
  assert.equal(noted('{"a":"\\u0020"}'), other)
})
