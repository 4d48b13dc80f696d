import fc from 'fast-check'
import { action, anyPolicy, entities, type Generated, type Name, name, value } from './generated.ts'

/** Policies, who asks for what, and the type of the resources; what these are stands in a table. */
export interface FilterCase extends Omit<Generated, 'links' | 'resource'> {
  type: string
  isPlain: boolean
  erroringForbid: 'is skipped' | 'denies'
}

/** A row: its attributes in columns of their own, and others, or the same once more, in JSON. */
export interface Row {
  id: string
  teams: string[]
  s: string | null
  n: bigint | null
  flag: boolean | null
  when: number | null
  set: string[] | null
  owner: string | null
  u: string | null
  json: Record<string, unknown>
}

const ROW_IDS = ['a', 'b', 'c', 'q"\\\u{1f600}', "'; DROP TABLE things; --", '%', '_', '\ufffd', 'é']
const UUIDS = ['00000000-0000-4000-8000-00000000000a', 'ffffffff-ffff-4fff-bfff-ffffffffffff']
const HOSTILE = [
  ...['', 'a', 'ab', 'A', 'a%b', 'a_b', '%', '_', '\\', '\\\\', 'a\\b', "'", "''; --", '"', '$1', 'a\nb', '\u{1f600}'],
  ...['{}', '{"__entity":{"type":"User","id":"a"}}', 'true', '1', 'null', '\ufffd', '\u0001', ...UUIDS],
]
const LONGS = [
  0n,
  1n,
  -1n,
  2n,
  -2n,
  3n,
  -3n,
  5n,
  7n,
  100n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 63n - 3n,
]
const DATES = [
  '1970-01-01',
  '2024-02-29',
  '2024-02-29T00:00:00.001Z',
  '1969-12-31T23:59:59.999Z',
  '9999-12-31',
  '0000-01-01',
]
const TEAMS = ['a', 'b', 'c']

const stored = fc.constantFrom(...HOSTILE)
const asked = fc.constantFrom(...HOSTILE, '\0', 'a\0b', 'a\0')
const long = fc.constantFrom(...LONGS)
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { freq: 5 })
const owner = name.map((one) => ({ __entity: one }))
const jsonValue = fc.oneof(
  { weight: 4, arbitrary: value.value },
  ...[stored, long.map(exactly), fc.array(stored, { maxLength: 3 }), owner, fc.constantFrom(null, 1.5, 1e30)],
)
const decimal = { __extn: { fn: 'decimal', arg: '1.5' } }
/** With more in it than what makes it what it is. */
const crowded = fc
  .tuple(
    fc.constantFrom({ __entity: { type: 'User', id: 'a' } }, decimal),
    fc.record({ n: long.map(exactly), s: stored }),
  )
  .map(([one, more]) => ({ ...more, ...one }))
const record = fc.record({ n: fc.oneof(long.map(exactly), stored), s: stored, owner }, { requiredKeys: [] })
const json = fc.record(
  {
    ...{
      s: fc.oneof({ weight: 2, arbitrary: stored }, jsonValue),
      n: fc.oneof({ weight: 2, arbitrary: long.map(exactly) }, jsonValue),
    },
    ...{ flag: fc.oneof(fc.boolean(), jsonValue), when: jsonValue, ip: jsonValue, 'odd name': jsonValue },
    ...{
      set: fc.oneof(
        fc.array(fc.oneof(stored, long.map(exactly), owner, fc.constantFrom(decimal, ['a'])), { maxLength: 3 }),
        jsonValue,
      ),
    },
    ...{ owner: fc.oneof({ weight: 2, arbitrary: owner }, jsonValue), u: fc.oneof(stored, jsonValue) },
    rec: fc.oneof({ weight: 3, arbitrary: record }, crowded, jsonValue),
  },
  { requiredKeys: [] },
)

/** Once for each id, and the rest with ids of their own. */
export const rows: fc.Arbitrary<Row> = fc.record({
  id: fc.oneof(fc.constantFrom(...ROW_IDS), fc.uuid()),
  teams: fc.subarray(TEAMS),
  ...{
    s: maybe(stored),
    n: maybe(long),
    flag: maybe(fc.boolean()),
    set: maybe(fc.uniqueArray(stored, { maxLength: 3 })),
  },
  when: maybe(fc.constantFrom(...DATES.map((one) => Date.parse(one)))),
  owner: maybe(fc.constantFrom('a', 'b', 'c', "o'Neill")),
  u: maybe(fc.constantFrom(...UUIDS)),
  json,
})

/** As JSON.stringify writes it with all its digits. */
const PLAIN: Row = {
  ...{ id: '', teams: [], s: null, n: null, flag: null, when: null, set: null, owner: null, u: null, json: {} },
}
/** What is too rare to be left to chance. */
export const RARE_ROWS: Row[] = [
  { ...PLAIN, id: 'crowded extension', json: { rec: { ...decimal, n: 5, s: 'a' } } },
  { ...PLAIN, id: 'crowded entity', json: { rec: { __entity: { type: 'User', id: 'a' }, n: 5, s: 'a' } } },
  ...['a%b', 'a_b', 'a\\b', 'aab', 'a\nb'].map((s) => ({ ...PLAIN, id: `like ${s}`, s, json: { s } })),
  ...[true, 5, 'a', [], null, 1.5].map((one) => ({
    ...PLAIN,
    id: `json ${JSON.stringify(one)}`,
    json: { s: one, n: one, flag: one, set: one, owner: one, u: one },
  })),
]

function exactly(one: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(one)) // which the compiler's library lacks
}

/** As Cedar has it between quotes: its escapes are others than those of JSON. */
function quoted(text: string): string {
  const inner = [...text].map((letter) =>
    /^[a-zA-Z0-9 %_$;{}:,-]$/.test(letter) ? letter : `\\u{${letter.codePointAt(0)?.toString(16)}}`,
  )
  return `"${inner.join('')}"`
}

const names = (type: string, ids: readonly string[]) => fc.constantFrom(...ids.map((id) => `${type}::${quoted(id)}`))
const constant = {
  string: asked.map(quoted),
  long: long.map(String),
  date: fc.constantFrom(...DATES).map((one) => `datetime("${one}")`),
  entity: fc.oneof(names('User', ['a', 'b', "o'Neill", '\0']), names('Team', TEAMS), fc.constant('principal')),
  other: fc.constantFrom(
    'true',
    'false',
    '[]',
    '["a"]',
    '["a", "%"]',
    'decimal("1.5")',
    'context.s',
    'context',
    'principal.n',
    '{n: 1}',
  ),
}
const any = fc.oneof(constant.string, constant.long, constant.date, constant.entity, constant.other)
const path = fc.constantFrom(
  ...[
    's',
    'n',
    'flag',
    'when',
    'set',
    'owner',
    'u',
    'rec',
    'ip',
    's',
    'n',
    'owner',
    'set',
    'u',
    'rec.n',
    'rec.s',
    'rec.owner',
    'rec.owner.n',
  ],
)
const list = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 3 }).map((all) => `[${all.join(', ')}]`)
const pattern = fc
  .array(
    fc.oneof(
      fc.constant('*'),
      fc.constant('\\*'),
      asked.map((one) => quoted(one).slice(1, -1)),
    ),
    { maxLength: 4 },
  )
  .map((parts) => `"${parts.join('')}"`)
const order = fc.constantFrom('<', '<=', '>', '>=', '==', '!=')
const sum = fc
  .tuple(
    fc.constantFrom('n', 'n', 'n', 'rec.n', 's'),
    fc.constantFrom(
      '$ + #',
      '$ - #',
      '# - $',
      '$ * #',
      '-$',
      '$',
      '$ * 2 - #',
      '$ + $',
      '$ * 0',
      '-($ + #) * 3',
      '$ * $',
    ),
    constant.long,
  )
  .map(([one, form, number]) => `(${form.replaceAll('$', `resource.${one}`).replace('#', number)})`)

/** Tests of one attribute, or of the resource, most of which can do no more than fail. */
const wild = (types: readonly string[]) =>
  fc.oneof(
    fc.tuple(path, fc.constantFrom('==', '!='), any).map(([one, op, other]) => `resource.${one} ${op} ${other}`),
    fc.tuple(any, fc.constantFrom('==', '!='), path).map(([other, op, one]) => `${other} ${op} resource.${one}`),
    fc.tuple(sum, order, constant.long).map(([one, op, other]) => `${one} ${op} ${other}`),
    fc.tuple(constant.long, order, sum).map(([other, op, one]) => `${other} ${op} ${one}`),
    fc
      .tuple(fc.constantFrom('when', 's'), order, constant.date)
      .map(([one, op, other]) => `resource.${one} ${op} ${other}`),
    fc.tuple(path, pattern).map(([one, like]) => `resource.${one} like ${like}`),
    fc.tuple(list(any), path).map(([all, one]) => `${all}.contains(resource.${one})`),
    fc.tuple(path, any).map(([one, other]) => `resource.${one}.contains(${other})`),
    fc
      .tuple(path, fc.constantFrom('containsAll', 'containsAny'), list(constant.string))
      .map(([one, op, all]) => `resource.${one}.${op}(${all})`),
    fc.tuple(path, fc.constantFrom('User', 'Team')).map(([one, type]) => `resource.${one} is ${type}`),
    fc.tuple(path, constant.entity).map(([one, group]) => `resource.${one} in ${group}`),
    fc
      .tuple(path, fc.constantFrom('User'), constant.entity)
      .map(([one, type, group]) => `resource.${one} is ${type} in ${group}`),
    path.map((one) => `resource.${one}.isEmpty()`),
    ...[
      path.map((one) => `resource has ${one}`),
      path.map((one) => `resource.${one}`),
      path.map((one) => `principal in resource.${one}`),
    ],
    path.map((one) => `resource.rec has ${one}`),
    fc
      .constantFrom(...types)
      .chain((type) => names(type, [...ROW_IDS, '\0']))
      .map((one) => `resource == ${one}`),
    list(fc.constantFrom(...types).chain((type) => names(type, ROW_IDS))).map((all) => `${all}.contains(resource)`),
    names('Team', TEAMS).map((team) => `resource in ${team}`),
    list(names('Team', TEAMS)).map((all) => `resource in ${all}`),
    fc.constantFrom(
      'resource == principal',
      'principal in resource',
      'resource has "odd name"',
      'resource is User',
      'context.flag',
    ),
    fc.constantFrom(
      'resource["odd name"] == "a"',
      'resource has "a\\u{0}"',
      'resource["a\\u{0}"] == 1',
      'resource.hasTag("a")',
    ),
  )

const small = fc.integer({ min: -7, max: 7 })
/** Tests of what an attribute most likely is. */
const likely = fc.oneof(
  fc
    .tuple(fc.constantFrom('s', 'u', 'rec.s'), fc.constantFrom('==', '!='), constant.string)
    .map(([one, op, other]) => `resource.${one} ${op} ${other}`),
  fc.tuple(list(constant.string), fc.constantFrom('s', 'u')).map(([all, one]) => `${all}.contains(resource.${one})`),
  fc.tuple(fc.constantFrom('s', 'u', 'rec.s'), pattern).map(([one, like]) => `resource.${one} like ${like}`),
  fc
    .tuple(fc.constantFrom('n', 'rec.n'), order, constant.long)
    .map(([one, op, other]) => `resource.${one} ${op} ${other}`),
  fc
    .tuple(fc.integer({ min: -3, max: 3 }), small, order, small)
    .map(([factor, more, op, other]) => `resource.n * ${factor} + ${more} ${op} ${other}`),
  fc.tuple(order, constant.date).map(([op, other]) => `resource.when ${op} ${other}`),
  fc.constantFrom('resource.flag', '!resource.flag', 'resource.set.isEmpty()'),
  fc.constantFrom('resource.owner is User', 'resource.owner is Team', '!(resource.s < "a")', '!(resource.n < "a")'),
  fc.constantFrom('resource.s == resource.u', 'resource.n <= resource.rec.n', 'resource.owner == resource'),
  fc.constantFrom('resource.s == context.s', 'resource.set.contains(context.s)', 'resource.s != context.s'),
  fc.constantFrom('resource.set.contains(decimal("1.5"))', 'resource.set.contains(["a"])', 'resource.set == ["a"]'),
  constant.string.map((one) => `resource.set.contains(${one})`),
  fc
    .tuple(fc.constantFrom('containsAll', 'containsAny'), list(constant.string))
    .map(([op, all]) => `resource.set.${op}(${all})`),
  fc
    .tuple(fc.constantFrom('owner', 'rec.owner'), fc.constantFrom('==', '!=', 'in'), constant.entity)
    .map(([one, op, other]) => `resource.${one} ${op} ${other}`),
)
/** With the question before it whether there is such an attribute, or without. */
const fitting = fc.tuple(likely, fc.boolean()).map(([test, isGuarded]) => {
  const [, field] = /resource\.([a-z]+(?:\.[a-z]+\b(?!\())?)/.exec(test) ?? []
  return isGuarded ? `resource has ${field} && ${test}` : test
})

const tests = fc.letrec<{ test: string }>((tie) => {
  const one = fc.oneof({ weight: 2, arbitrary: fitting }, { weight: 1, arbitrary: wild(['User', 'Docs::File']) })
  const guarded = fc.tuple(path, one).map(([field, test]) => `(resource has ${field} && ${test})`)
  const both = fc.tuple(tie('test'), fc.constantFrom('&&', '||'), tie('test')).map(([a, op, b]) => `(${a} ${op} ${b})`)
  const branch = fc
    .tuple(tie('test'), tie('test'), tie('test'))
    .map(([test, yes, no]) => `(if ${test} then ${yes} else ${no})`)
  const chosen = fc
    .tuple(tie('test'), path, any, any)
    .map(([test, field, a, b]) => `(if ${test} then resource.${field} else ${a}) == ${b}`)
  return {
    test: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      ...[
        { weight: 5, arbitrary: one },
        { weight: 3, arbitrary: guarded },
        { weight: 3, arbitrary: both },
      ],
      ...[tie('test').map((test) => `!(${test})`), branch, chosen],
    ),
  }
})

const scopes = fc.constantFrom(
  ...Array<string>(16).fill('resource'),
  ...['resource is User', 'resource is Docs::File', 'resource == User::"b"'],
  ...[
    'resource == Docs::File::"%"',
    'resource in Team::"a"',
    'resource is User in Team::"b"',
    'resource in Docs::File::"a"',
  ],
)

const targeted = fc
  .tuple(
    fc.constantFrom('permit', 'permit', 'permit', 'forbid'),
    scopes,
    fc.array(fc.tuple(fc.constantFrom('when', 'when', 'unless'), tests.test), { minLength: 1, maxLength: 2 }),
  )
  .map(
    ([effect, scope, conditions]) =>
      `${effect} (principal, action, ${scope})\n${conditions.map(([kind, body]) => `${kind} { ${body} }`).join('\n')};`,
  )

/** A text of JSON may have half of a surrogate pair in it, which no policy has. */
const context = fc
  .tuple(value.record, fc.oneof(asked, fc.constantFrom('\ud800', 'a\udc00')))
  .map(([more, s]) => ({ ...more, s }))

export const filterCases: fc.Arbitrary<FilterCase> = fc.record({
  policies: fc.array(fc.oneof({ weight: 6, arbitrary: targeted }, { weight: 1, arbitrary: anyPolicy }), {
    minLength: 1,
    maxLength: 3,
  }),
  ...{ entities, action, context },
  principal: fc.constantFrom<Name>(
    { type: 'User', id: 'a' },
    { type: 'User', id: 'q"\\\u{1f600}' },
    { type: 'Team', id: 'b' },
  ),
  type: fc.constantFrom('Docs::File', 'Docs::File', 'User'),
  isPlain: fc.boolean(),
  erroringForbid: fc.constantFrom('is skipped', 'denies'),
})
