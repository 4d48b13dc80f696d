import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8 } from './bytes.ts'
import { eachObject } from './json-objects.ts'

/** The objects that are found; null where not all of it is an array of them. */
function found(text: string): string[] | null {
  const bytes = Buffer.from(text)
  const objects: string[] = []
  const isAll = eachObject(bytes, (start, end) => objects.push(decodeUtf8(bytes.subarray(start, end))) > 0)
  return isAll ? objects : null
}

const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 })

test('each object of an array is found, however it is spaced', () => {
  fc.assert(
    fc.property(objects, fc.constantFrom(undefined, 1, '\t'), (values, space) => {
      const texts = found(`${JSON.stringify(values, null, space)} \n`)
      assert.deepEqual(
        texts?.map((text) => JSON.parse(text)),
        JSON.parse(JSON.stringify(values)),
      )
    }),
  )
})

test('what is no array of objects is not taken for one', () => {
  for (const text of ['', '[', '{}', '[1]', '[{}', '[{},]', '[,{}]', '[{}{}]', '[{}]x', '[{"a":"}]', '[[{}]]', ' [{}]'])
    assert.equal(found(text), null, text)
  assert.deepEqual(found('[]'), [])
})

test('a visit that answers false ends it', () => {
  let visited = 0
  assert.equal(
    eachObject(Buffer.from('[{},{},{}]'), () => ++visited < 2),
    false,
  )
  assert.equal(visited, 2)
})

test('any text is looked at to its end', () => {
  const pieces = fc.constantFrom('[', ']', '{', '}', '"', '\\\\', ',', ' ', 'x')
  fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => void found(`[${parts.join('')}`)))
})
