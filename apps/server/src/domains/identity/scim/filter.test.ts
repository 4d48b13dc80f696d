import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DomainError } from '../../../platform/errors.ts'
import { USERS } from './attributes.ts'
import { type Filter, matches, parseFilter } from './filter.ts'
import type { Resource } from './resource.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const BARBARA: Resource = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
  id: '2819c223-7f76-453a-919d-413861904646',
  externalId: 'Ext-1',
  userName: 'bjensen',
  name: { familyName: "O'Malley", givenName: 'Barbara' },
  title: 'Vice "President" \\ of [things]',
  userType: 'Employee',
  active: true,
  emails: [
    { type: 'work', value: 'bjensen@example.com', primary: true },
    { type: 'home', value: 'babs@jensen.org' },
  ],
  ims: [{ type: 'xmpp', value: 'foo@bar.com' }],
  [ENTERPRISE]: { department: 'Tours', manager: { value: '26118915-6090-4610-87e4-49d8ca9f808d' } },
  meta: { resourceType: 'User', lastModified: '2011-05-13T04:42:34Z' },
}

/** The examples of RFC 7644 §3.4.2.2 (figure 1 and what stands around it), and what each gives of the person above. */
const EXAMPLES: [string, boolean][] = [
  ['userName eq "bjensen"', true],
  ['name.familyName co "O\'Malley"', true],
  ['userName sw "J"', false],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', false],
  ['title pr', true],
  ['meta.lastModified gt "2011-05-13T04:42:34Z"', false],
  ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
  ['meta.lastModified lt "2011-05-13T04:42:34Z"', false],
  ['meta.lastModified le "2011-05-13T04:42:34Z"', true],
  ['title pr and userType eq "Employee"', true],
  ['title pr or userType eq "Intern"', true],
  ['schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', true],
  ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true],
  ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false],
  ['userType eq "Employee" and (emails.type eq "work")', true],
  ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true],
  ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', true],
]

/** What the grammar and the types of RFC 7643 say beside. */
const MORE: [string, boolean][] = [
  ['USERNAME EQ "BJensen"', true],
  ['externalId eq "ext-1"', false],
  ['externalId eq "Ext-1"', true],
  ['title eq "Vice \\"President\\" \\\\ of [things]"', true],
  ['title ew "[THINGS]"', true],
  ['userName eq "\\u0062jensen"', true],
  ['active eq true', true],
  ['active ne true', false],
  ['nickName pr', false],
  ['nickName eq null', true],
  ['nickName ne "x"', true],
  ['not (nickName pr) and not(title pr and nickName pr)', true],
  ['userType eq "x" or userType eq "Employee" and active eq false', false],
  ['(userType eq "x" or userType eq "Employee") and active eq true', true],
  ['emails[type eq "home" and value co "@example.com"]', false],
  ['emails[not (type eq "work")]', true],
  ['emails pr', true],
  ['emails[primary eq true]', true],
  [`${ENTERPRISE}:department eq "tours"`, true],
  [`${ENTERPRISE.toUpperCase()}:MANAGER.VALUE eq "26118915-6090-4610-87e4-49d8ca9f808d"`, true],
  [`${ENTERPRISE}:manager eq "26118915-6090-4610-87e4-49d8ca9f808d"`, true],
  ['meta.lastModified gt "2011-05-13T06:42:33.999+02:00"', true],
  ['meta.lastModified eq "2011-05-13T06:42:34.000+02:00"', true],
]

test('the filters of RFC 7644 find what they say, and so do cases, escapes, precedence and zones', () => {
  for (const [text, expected] of [...EXAMPLES, ...MORE])
    assert.equal(matches(parseFilter(USERS, text), BARBARA), expected, text)
})

test('a filter that is none is refused as invalidFilter, with what is wrong', () => {
  const wrong = [
    ...[
      '',
      ' ',
      'userName',
      'userName eq',
      'userName eq bjensen',
      'userName xx "b"',
      'title pr and',
      'title pr title pr',
    ],
    ...[
      'userName eq "unterminated',
      '(title pr',
      'title pr)',
      'not title pr',
      'emails[type eq "work"',
      'emails[]',
      'emails]',
    ],
    ...[
      'nobody eq "x"',
      'name.nobody eq "x"',
      'userName.x eq "y"',
      'name eq "x"',
      'active gt true',
      'active eq "true"',
    ],
    ...[
      'userName eq 5',
      'userName gt null',
      'emails[nobody eq "x"]',
      'userName[value eq "x"]',
      'emails.value[type pr]',
    ],
    ...['emails[type eq "work" and emails[type pr]]', 'meta.lastModified gt "yesterday"', 'x509Certificates gt "a"'],
    ...['__proto__ pr', 'constructor eq "x"', 'name.__proto__ pr', 'password eq "x"', 'userName eq {"a":1}'],
    ...['('.repeat(10_000), `${'not ('.repeat(21)}title pr${')'.repeat(21)}`, `userName eq "${'x'.repeat(8_000)}"`],
  ]
  for (const text of wrong)
    assert.throws(
      () => parseFilter(USERS, text),
      (error) =>
        error instanceof DomainError &&
        error.details.scim_type === 'invalidFilter' &&
        error.details.reason !== undefined,
      text.slice(0, 80),
    )
})

const NAMES = ['userName', 'title', 'userType', 'nickName']
const literal = fc.string({ unit: 'binary', maxLength: 10 }).filter((text) => text.isWellFormed())
const leaf = fc.record({
  name: fc.constantFrom(...NAMES),
  operator: fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew'),
  value: literal,
})
type Node = { name: string; operator: string; value: string } | { join: 'and' | 'or'; parts: Node[] } | { not: Node }
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.record({
      join: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('node'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ not: tie('node') }),
  ),
}))

function written(given: Node): string {
  if ('not' in given) return `not (${written(given.not)})`
  if ('join' in given) return given.parts.map((part) => `(${written(part)})`).join(` ${given.join} `)
  return `${given.name} ${given.operator} ${JSON.stringify(given.value)}`
}

function expected(given: Node, person: Record<string, string>): boolean {
  if ('not' in given) return !expected(given.not, person)
  if ('join' in given)
    return given.join === 'and'
      ? given.parts.every((part) => expected(part, person))
      : given.parts.some((part) => expected(part, person))
  const fold = (text: string) => text.normalize('NFKC').toLowerCase()
  const [held, value] = [person[given.name], fold(given.value)]
  if (held === undefined) return given.operator === 'ne'
  const text = fold(held)
  const by: Record<string, boolean> = {
    eq: text === value,
    ne: text !== value,
    co: text.includes(value),
    sw: text.startsWith(value),
    ew: text.endsWith(value),
  }
  return by[given.operator] ?? false
}

test('whatever is asked of whatever is there, a filter finds what its words say', () => {
  const person = fc.dictionary(fc.constantFrom(...NAMES), literal, { noNullPrototype: true })
  fc.assert(
    fc.property(node, person, (given, held) => {
      const filter: Filter = parseFilter(USERS, written(given))
      assert.equal(matches(filter, held), expected(given, held))
    }),
    { numRuns: 500 },
  )
})

test('whatever text comes, it is read as a filter or refused as one', () => {
  const words = fc.constantFrom(
    'userName',
    'emails',
    'eq',
    'pr',
    'and',
    'not',
    '(',
    ')',
    '[',
    ']',
    '"x"',
    '"',
    'true',
    '.value',
    ' ',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((all) => all.join(' ')),
  )
  fc.assert(
    fc.property(text, (given) => {
      try {
        matches(parseFilter(USERS, given), BARBARA)
      } catch (error) {
        assert.ok(error instanceof DomainError && error.details.scim_type === 'invalidFilter')
      }
    }),
    { numRuns: 2_000 },
  )
})
