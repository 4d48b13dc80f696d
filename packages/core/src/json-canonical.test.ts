import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalize, type Json } from './json.ts'
import { canonicalMembers } from './json-canonical.ts'
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

function quickly(text: string): Map<string, string> | null {
  const members = canonicalMembers(text)
  return members && new Map(members.names.map((name, i) => [name, members.values[i] as string]))
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
    assert.equal(canonicalMembers(`{"n":${number}}`), null)
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
    assert.equal(canonicalMembers(text), null, text)
})
