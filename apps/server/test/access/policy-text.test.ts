import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPolicies, UnreadablePolicy } from '../../src/domains/access/cedar/text.ts'

const policy = (condition: string) => `permit (principal, action, resource) when { ${condition} };`
const PLAIN = policy('true')

test('what would take the parser down is refused before it sees it, and the parser reads on', () => {
  for (const [name, text] of Object.entries({
    brackets: policy(`${'('.repeat(300)}true${')'.repeat(300)}`),
    negations: policy(`${'!('.repeat(300)}true${')'.repeat(300)}`),
    prefixes: policy(`${'!'.repeat(300)}true`),
    minuses: policy(`1 == ${'- '.repeat(300)}1`),
    sets: policy(`${'['.repeat(500)}1${']'.repeat(500)}.isEmpty()`),
    records: policy(`${'{"a": '.repeat(300)}1${'}'.repeat(300)} == 1`),
    choices: policy(`${'if true then '.repeat(3000)}true${' else true'.repeat(3000)}`),
    conjunctions: policy(Array.from({ length: 12_000 }, () => 'true').join(' && ')),
    calls: policy(`context.a${'.contains(true && true)'.repeat(12_000)}`),
    accesses: policy(`context${'.a'.repeat(12_000)}`),
    indexes: policy(`context${'["a"]'.repeat(12_000)}`),
    sums: policy(`1 == ${Array.from({ length: 12_000 }, () => '1').join(' + ')}`),
    closings: `${')'.repeat(300)}${policy(`${'('.repeat(300)}true${')'.repeat(300)}`)}`,
    conditions: `permit (principal, action, resource) ${'when { true } '.repeat(12_000)};`,
    comments: policy(`${'(// and so on\n'.repeat(300)}true${')'.repeat(300)}`),
    statements: 'x;'.repeat(90_000),
  })) {
    assert.throws(() => readPolicies(text), UnreadablePolicy, name)
    assert.equal(readPolicies(PLAIN).length, 1, `after ${name}`)
  }
  for (const [name, text] of Object.entries({
    conjunctions: policy(Array.from({ length: 900 }, () => 'resource.a.b').join(' && ')),
    choices: policy(Array.from({ length: 60 }, () => '(if resource.a then 1 else 2)').join(' + ')),
    brackets: policy(`${'('.repeat(50)}true${')'.repeat(50)}`),
    both: policy(`${'(true && '.repeat(50)}${Array.from({ length: 30 }, () => 'true').join(' && ')}${')'.repeat(50)}`),
  }))
    assert.equal(readPolicies(text).length, 1, name)
})

test('a policy behind a comment that ends as the parser has it is read, and none is lost', () => {
  for (const end of ['\n', '\r', '\r\n'])
    assert.deepEqual(
      readPolicies(`${PLAIN}${end}// a note; and more${end}forbid (principal, action, resource);`).map(
        ({ json }) => json.effect,
      ),
      ['permit', 'forbid'],
      JSON.stringify(end),
    )
  for (const end of ['\u2028', '\u0085', '\v']) {
    const text = `${PLAIN}\n// a note${end}forbid (principal, action, resource);`
    let effects: string[] = []
    try {
      effects = readPolicies(text).map(({ json }) => json.effect)
    } catch (error) {
      assert.ok(error instanceof UnreadablePolicy)
      continue
    }
    assert.deepEqual(effects, ['permit'], 'it is within the comment, for the parser as well')
  }
})

test('a record of a policy is none of ours, whatever its names', () => {
  const text = policy('{"a number that is not exact in JSON": "x"} == {"n": 1234567890123456789}')
  assert.equal(readPolicies(text).length, 1)
})
