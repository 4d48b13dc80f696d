import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPolicies } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { formatted } from '../../src/domains/access/cedar/format.ts'
import { readPolicies, UnreadablePolicy } from '../../src/domains/access/cedar/text.ts'
import { anyPolicy } from './generated.ts'

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
    // A chain stands over what it begins with.
    ...Object.fromEntries(
      [' && true', ' || true', ' + 1', '.a'].map((link) => {
        const inner = link === '.a' ? 'context' : '1'
        return [`${link} within one another`, policy(`${'('.repeat(10)}${inner}${`${link.repeat(800)})`.repeat(10)}`)]
      }),
    ),
  })) {
    assert.throws(() => readPolicies(text), UnreadablePolicy, name)
    assert.equal(readPolicies(PLAIN).length, 1, `after ${name}`)
  }
  for (const [name, text] of Object.entries({
    conjunctions: policy(Array.from({ length: 900 }, () => 'resource.a.b').join(' && ')),
    choices: policy(Array.from({ length: 60 }, () => '(if resource.a then 1 else 2)').join(' + ')),
    brackets: policy(`${'('.repeat(50)}true${')'.repeat(50)}`),
    elements: policy(`[${Array.from({ length: 9_000 }, () => '1').join(', ')}].contains(1)`),
    both: policy(`${'(true && '.repeat(50)}${Array.from({ length: 30 }, () => 'true').join(' && ')}${')'.repeat(50)}`),
  }))
    assert.equal(readPolicies(text).length, 1, name)
})

test('what would take the formatter down is refused before it sees it, and it formats on', async () => {
  for (const [name, text] of Object.entries({
    elements: policy(`[${Array.from({ length: 9_000 }, () => '1').join(', ')}].contains(1)`),
    fields: policy(`{${Array.from({ length: 9_000 }, (_, i) => `"a${i}": 1`).join(', ')}} == 1`),
    actions: `permit (principal, action in [${Array.from({ length: 9_000 }, () => 'Action::"a"').join(', ')}], resource);`,
    names: policy(`principal is ${Array.from({ length: 9_000 }, () => 'A').join('::')}`),
    comments: policy(`true ${'// and so on\n'.repeat(20_000)}`),
    annotations: `${Array.from({ length: 20_000 }, (_, i) => `@a${i}("x")`).join('\n')}\n${PLAIN}`,
    conjunctions: policy(`${'('.repeat(10)}true${`${' && true'.repeat(800)})`.repeat(10)}`),
  })) {
    await assert.rejects(formatted(text, 500), UnreadablePolicy, name)
    assert.match(
      await formatted(PLAIN, 500),
      /^permit \(principal, action, resource\)\nwhen \{ true \};\n$/,
      `after ${name}`,
    )
  }
})

test('every comment of a text is in what is formatted, in its order, wherever it stood, and nothing changes twice', async () => {
  const token = /"(?:[^"\\]|\\.)*"|\w+|::|&&|\|\||[=!<>]=|[^\s\w]/gs
  const commentsOf = (text: string) => text.match(/\/\/ note \d+/g) ?? []
  const commented = fc.tuple(fc.array(anyPolicy, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat({ max: 4 })))
  let comments = 0
  await fc.assert(
    fc.asyncProperty(commented, async ([policies, chance]) => {
      let count = 0
      const text = policies
        .map((one) => `@id("x") ${one}`)
        .join('\n')
        .replaceAll(token, (one) => (chance.next().value === 0 ? `${one} // note ${count++}\n` : `${one} `))
      comments += count
      const once = await formatted(text, 500)
      assert.deepEqual(commentsOf(once), commentsOf(text))
      assert.equal(await formatted(once, 500), once)
      assert.equal(once, formattedInOneGo(text))
    }),
    { numRuns: 200 },
  )
  assert.ok(comments > 500, `${comments} comments`)
})

test('policies are formatted one by one as they are in one go, whatever stands between them', async () => {
  const between = [
    '// a; b',
    '// a\n',
    '\n',
    '\n',
    ' ',
    '\r\n',
    '\t',
    '\r',
    '\n\n\n',
    '// c\n// d\n\n// e\n',
    '\u2028',
    'x',
    ';',
  ]
  const policies = [
    `permit(principal,action,resource);`,
    '@id("y;")\nforbid(principal,action,resource)// z\nunless{true};',
  ]
  const parts = fc.array(
    fc.oneof({ arbitrary: fc.constantFrom(...between), weight: 3 }, fc.constantFrom(...policies)),
    { maxLength: 14 },
  )
  await fc.assert(
    fc.asyncProperty(parts, async (all) => {
      const text = all.join('')
      const told = await formatted(text, 500).catch((error) => {
        assert.ok(error instanceof UnreadablePolicy)
        return null
      })
      assert.equal(told, formattedInOneGo(text))
    }),
    { numRuns: 2_000 },
  )
})

/** Null: it cannot be read. */
function formattedInOneGo(text: string): string | null {
  const answer = formatPolicies({ policyText: text, lineWidth: 100, indentWidth: 2 })
  return answer.type === 'failure' ? null : answer.formatted_policy.trimStart()
}

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
