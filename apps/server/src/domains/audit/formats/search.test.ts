import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEvent } from './index.ts'
import { isDelimited, Needles } from './needles.ts'
import { EventRefused } from './observed-event.ts'
import { type Owners, PersonalValues, union } from './personal-values.ts'
import { redact } from './redact.ts'
import { formsOf, Texts } from './search.ts'

/** Few letters, so that values overlap, begin, end and hold one another. */
const dense = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', ' ', '%', '2', '0', '\\', 'é', 'ς', '-'),
  maxLength: 12,
})
const withEdges = fc.string({ unit: fc.constantFrom('a', 'b', '\0'), maxLength: 8 })
const scene = (word: fc.Arbitrary<string>) =>
  fc.record({
    identifiers: fc.array(word, { maxLength: 6 }),
    values: fc.array(word, { maxLength: 6 }),
    agents: fc.array(word, { maxLength: 3 }),
    texts: fc.array(
      fc.oneof(
        word,
        fc.tuple(word, word).map(([a, b]) => encodeURIComponent(a) + b),
        fc.tuple(word, word).map(([a, b]) => `${JSON.stringify(a)} ${b}`),
      ),
      { maxLength: 12 },
    ),
  })

type Scene = typeof scene extends (word: fc.Arbitrary<string>) => fc.Arbitrary<infer S> ? S : never

function valuesOf({ identifiers, values, agents }: Scene): PersonalValues {
  const personal = new PersonalValues()
  for (const [i, text] of identifiers.entries()) personal.addIdentifier(text, i - 1)
  for (const [i, text] of values.entries()) personal.addSubtree(text, [i], '/data/x')
  for (const [i, text] of agents.entries()) personal.addSubtree(text, [i], '/data/user_agent')
  return personal
}

function textsOf({ texts }: Scene): Texts {
  const all = new Texts()
  for (const text of texts) all.add(text)
  return all
}

/** Each needle in each form of each text, one after the other. */
function naive({ texts }: Scene, needles: Needles): (Owners | undefined)[] {
  return texts.map((text) =>
    formsOf(text).reduce<Owners | undefined>((owners, form) => {
      const edged = `\0${form}\0`
      const held = needles.all.filter(({ text, delimited }) => {
        for (let at = edged.indexOf(text); at !== -1; at = edged.indexOf(text, at + 1))
          if (!delimited || isDelimited(edged, at, at + text.length)) return true
        return false
      })
      return held.reduce((sum, one) => union(sum, one.owners), owners)
    }, undefined),
  )
}

for (const [what, word] of [
  ['whatever the texts and values', dense],
  ['values that hold NUL', withEdges],
] as const)
  test(`all values at once, one value after the other and the naive search find the same: ${what}`, () => {
    fc.assert(
      fc.property(scene(word), (given) => {
        const texts = textsOf(given)
        const needles = new Needles(valuesOf(given), texts.encoded)
        const expected = naive(given, needles)
        assert.deepEqual([...texts.search(needles, -1)], expected)
        assert.deepEqual([...texts.search(needles, Number.POSITIVE_INFINITY)], expected)
      }),
      { numRuns: 5000 },
    )
  })

test('a text that ends within a value is found as by trying every beginning of every value', () => {
  fc.assert(
    fc.property(scene(dense), fc.nat(), (given, at) => {
      const values = valuesOf(given)
      const [text = ''] = formsOf([...given.texts, ...values.needles.keys()].join('').slice(0, at % 40))
      const expected = [...values.needles].reduce<Owners | undefined>((owners, [value, needle]) => {
        const lengths = Array.from({ length: Math.max(0, value.length - 3) }, (_, i) => i + 4)
        const isCut = needle.how === 'anywhere' && lengths.some((length) => text.endsWith(value.slice(0, length)))
        return isCut ? union(owners, needle.owners) : owners
      }, undefined)
      assert.deepEqual(new Needles(values, false).ownersCutIn(text), expected)
    }),
    { numRuns: 5000 },
  )
})

const personal = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, `v${i}z${i}`]))

test('an event of more than 2,000 personal values is refused, whoever’s they are; one of 2,000 is taken', () => {
  const event = (values: object) => ({ event_type: 'a', user_id: 'ada', personal: values }) as never
  assert.throws(() => readEvent('probity', event(personal(2000))), EventRefused)
  assert.equal(readEvent('probity', event(personal(1999))).actor?.id, 'ada')
  assert.equal(readEvent('probity', event({ list: Array(5000).fill('the same') })).actor?.id, 'ada')
  const half = (i: number) => Object.values(personal(1500)).map((value) => `${i}${value}`)
  const subjects = [0, 1].map((i) => ({ id: `s${i}`, personal: { list: half(i) } }))
  assert.throws(() => readEvent('probity', { event_type: 'a', subjects } as never), EventRefused)
})

/** Milliseconds of the quickest of three. */
function quickest(work: () => void): number {
  const once = () => {
    const start = performance.now()
    work()
    return performance.now() - start
  }
  return Math.min(once(), once(), once())
}

test('an event does not hold up the process: the time grows with its size, not with values times texts', () => {
  const plain = {
    event_type: 'a',
    user_id: 'ada',
    personal: personal(1999),
    event_data: { t: 'ab cd ef '.repeat(100_000) },
  }
  assert.ok(quickest(() => redact(readEvent('probity', plain as never))) < 1000)
  const nested = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'a'.repeat(4 + i)]))
  const worst = {
    event_type: 'a',
    user_id: 'ada',
    resource: 'a'.repeat(2048),
    personal: nested,
    event_data: { t: 'a'.repeat(400_000) },
  }
  assert.ok(quickest(() => redact(readEvent('probity', worst as never))) < 1000)
})
