import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { and, has, not, or } from '../../src/domains/access/cedar/filter.ts'
import { testCluster } from '../support/cluster.ts'
import { type FilterCase, filterCases } from './filter-generated.ts'
import { type Checked, filterTable } from './filter-table.ts'

let client: pg.Client
let cluster: Awaited<ReturnType<typeof testCluster>>
let table: Awaited<ReturnType<typeof filterTable>>
before(async () => {
  cluster = await testCluster()
  client = new pg.Client({ ...cluster.superuser, ssl: false })
  await client.connect()
  table = await filterTable(client, { count: 150, seed: 7 })
})
after(async () => {
  await client.end()
  await cluster.release()
})

/** One policy, which asks this of the resource. */
const asking = (...tests: string[]): FilterCase => ({
  ...{
    policies: tests.map((one) => `permit (principal, action, resource) when { ${one} };`),
    entities: [],
    context: {},
  },
  ...{ principal: { type: 'User', id: 'a' }, action: { type: 'Action', id: 'read' }, type: 'Docs::File' },
  ...{ isPlain: true, erroringForbid: 'is skipped' },
})

test('a filter gives the rows that the engine allows: those alone where it says so, else no fewer', async () => {
  const checked: Checked[] = []
  await fc.assert(
    fc.asyncProperty(filterCases, async (given) => {
      checked.push(...(await table.check(given)))
    }),
    { numRuns: 600 },
  )
  const count = (which: (one: Checked) => boolean) => checked.filter(which).length
  const isSome = ({ allowed }: Checked) => allowed > 0 && allowed < table.things.length
  assert.ok(count((one) => one.isExact && isSome(one)) > 60)
  assert.ok(count((one) => !one.isExact && isSome(one)) > 60)
  assert.ok(
    count((one) => !one.isExact && one.passed < table.things.length) > 75,
    'what is not exact leaves rows out too',
  )
})

test('a condition is short, has no value in it, and is one that an index can be used for', async () => {
  for (const [text, byColumn, inJson] of [
    [
      'resource has owner && resource.owner == principal',
      '"t"."ow""ner" = $2::text',
      '("json" -> $2::text) @> $3::jsonb',
    ],
    ['["a", "b"].contains(resource.s)', '"t"."s" = ANY ($2::text[])', '("json" -> $2::text) = ANY ($3::jsonb[])'],
    ['resource has s && resource.s == "a"', '"t"."s" = $2::text', '("json" -> $2::text) = $3::jsonb'],
    ['resource == Docs::File::"a"', '"t"."id" = $2::text', '"id" = $2::text'],
    ['resource.set.contains("\'; --")', '"t"."set" @> $2::text[]', '("json" -> $2::text) @> $3::jsonb'],
    ['resource.s == "\\u{0}"', 'false', 'false'],
  ] as const) {
    const [json, columns] = await table.check(asking(text))
    assert.deepEqual([columns?.text, json?.text], [byColumn, inJson])
    assert.ok(json?.isExact && columns?.isExact, text)
  }
})

test('what only the engine can tell lets more through, and leaves out what the rest of the policy does', async () => {
  const [, columns] = await table.check(asking('resource.n == 1 && resource.s == resource.u'))
  const text = '("t"."n" = $2::bigint AND "t"."s" IS NOT NULL AND "t"."u" IS NOT NULL)'
  assert.deepEqual([columns?.isExact, columns?.text], [false, text])
})

test('two parts that only the engine can tell are no opposites, since each may be another part of the policy', () => {
  const part = { op: 'opaque', policies: ['one'] } as const
  assert.notDeepEqual(and(part, not(part)), { op: 'false' })
  assert.notDeepEqual(or(part, not(part)), { op: 'true' })
  const both = and(not(part), has(['s']))
  assert.deepEqual(or(part, both), { op: 'or', of: [part, both] })
})

test('what branches without end is left to the engine', async () => {
  const joined = (write: (i: number) => string, by: string) => Array.from({ length: 60 }, (_, i) => write(i)).join(by)
  const sum = `${joined((i) => `(if resource.f${i} == 1 then 1 else 2)`, ' + ')} == 61`
  const [json] = await table.check(
    asking(
      sum,
      joined((i) => `(resource.f${i} == "x" || resource.n == ${i})`, ' || '),
      'resource.s == "a"',
    ),
  )
  assert.equal(json?.isExact, false)
  const [, columns] = await table.check(asking(...Array<string>(40).fill(sum)))
  assert.deepEqual([columns?.text, columns?.filter.op], ['true', 'opaque'], 'and no longer one by one')
})

test('types, names and forms that are rare are told apart', async () => {
  for (const one of [
    ...['resource.s like "*"', 'resource.n like "*"', 'resource.flag like "t*"', 'resource.owner like "*"'],
    ...[
      'resource.rec.n >= -9223372036854775808',
      'resource.rec has n',
      'resource.rec.s like "*"',
      '!(resource.rec has n)',
    ],
    ...['resource.set.contains("a")', '!resource.set.contains("a")', 'resource.s.contains("a")', 'resource.n != 1'],
    ...[
      'resource has n && !(resource.n == 1)',
      'resource.rec.owner.n == 1',
      'resource has rec.owner.n',
      'resource.u != "a"',
    ],
  ])
    await table.check(asking(one))
  for (const one of [
    ...['resource.s like "a%b"', 'resource.s like "a_b"', 'resource.s like "a\\u{5c}b"', 'resource.s like "a*b"'],
    ...['resource.s.n == 1', 'resource.s has n', 'resource has s.n', 'resource.owner has n', 'resource.rec.n == 5'],
    ...['resource has s || (resource has s && resource.s == "a")', '[1, true, "a"].contains(resource.s)'],
    ...[
      '{"Value": resource.s}["Value"] == "a"',
      '{"Var": resource}["Var"] == resource',
      '{"s": resource.s} == {"s": "a"}',
    ],
    ...['{"Value": {"Value": resource.n}}.Value.Value == 5', '[resource.s].contains("a")', 'ip(resource.s).isIpv4()'],
    ...['resource.set.isEmpty()', 'resource.flag', '!resource.flag', 'resource.rec has s', 'resource has s'],
  ])
    await table.check(asking(one))
  await table.check({ ...asking('User::"b" has n'), type: 'User' })
})

test('a comparison of what is worked out of an attribute is one of the attribute', async () => {
  const forms = ['<', '<=', '>', '>=', '==', '!='].flatMap((op) =>
    [-3, -2, -1, 0, 1, 2, 3].flatMap((factor) =>
      [-5, -1, 0, 4].map((more) => `resource.n * ${factor} + ${more} ${op}`),
    ),
  )
  for (const form of forms) await table.check(asking(`${form} ${forms.indexOf(form) % 9} - 4`))
})
