import fc from 'fast-check'

/** A case for both engines: policies as text, templates with what fills them, entities, and what is asked. */
export interface Generated {
  policies: string[]
  links: { template: string; values: Record<string, Name> }[]
  entities: { uid: Name; attrs: Record<string, unknown>; tags: Record<string, unknown>; parents: Name[] }[]
  principal: Name
  action: Name
  resource: Name
  context: Record<string, unknown>
}

export interface Name {
  type: string
  id: string
}

const TYPES = ['User', 'Team', 'Docs::File']
const IDS = ['a', 'b', 'c', 'q"\\\u{1f600}']
const ACTIONS = ['read', 'write', 'all']
const ATTRIBUTES = ['owner', 'n', 's', 'flag', 'set', 'rec', 'ip', 'when', 'odd name']

export const name = fc.record({ type: fc.constantFrom(...TYPES), id: fc.constantFrom(...IDS) })
export const action = fc.constantFrom(...ACTIONS).map((id) => ({ type: 'Action', id }))
const attribute = fc.constantFrom(...ATTRIBUTES)
const word = fc.constantFrom('', 'a', 'ab', 'a*b', 'aab\u{1f600}b', 'b\\')

const LONGS = ['0', '1', '-1', '2', '7', '86400000', '9007199254740991', '9007199254740993', '9223372036854775807']
const longText = fc.constantFrom(...LONGS, '-9223372036854775808', '-9007199254740992')
const decimalText = fc.constantFrom(
  '0.0',
  '1.5',
  '-1.5',
  '1.50',
  '922337203685477.5807',
  '922337203685477.5808',
  '1.',
  'x',
)
const datetimeText = fc.constantFrom(
  ...['1970-01-01', '1969-12-31T23:59:59.999Z', '2024-02-29', '2023-02-29', '2024-01-01T00:00:00+0130'],
  ...['0000-01-01', '9999-12-31T23:59:59Z', '2024-01-01T24:00:00Z', '2024-13-01', '2024-1-1', '2024-01-01T00:00:60Z'],
  ...['2024-01-01T00:00:00-2359', '2024-01-01T00:00:00+2400', '2024-01-01T00:00:00.12Z', '2024-01-01T00:00:00'],
)
const durationText = fc.constantFrom(
  ...['0ms', '1d', '-1d2h3m4s5ms', '1h1d', '', '-', '106751991167d', '106751991168d', '9223372036854775807ms'],
  ...['-9223372036854775808ms', '9223372036854775808ms', '1d1d', '5', '00001s', '1ms1s'],
)
const ipText = fc.constantFrom(
  ...['127.0.0.1', '127.0.0.1/32', '10.0.0.0/8', '10.1.2.3/8', '224.0.0.1', '0.0.0.0/0', '::1', '::', '::/0'],
  ...['ff02::1', 'fe80::/10', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '1::2::3', '::ffff:1.2.3.4', '1.2.3', '01.2.3.4'],
  ...['1.2.3.4/33', '1.2.3.4/08', '::1/129', 'g::', '12345::', '126.0.0.0/7', '1.2.3.4/'],
)

const quoted = (text: string) => JSON.stringify(text)
const named = ({ type, id }: Name) => `${type}::${quoted(id)}`
const call = (fn: string, text: fc.Arbitrary<string>) => text.map((one) => `${fn}(${quoted(one)})`)
const pattern = fc
  .array(fc.constantFrom('*', 'a', 'b', '\\*', '\u{1f600}'), { maxLength: 5 })
  .map((parts) => `"${parts.join('')}"`)

const KINDS = [
  'bool',
  'long',
  'string',
  'entity',
  'set',
  'record',
  'decimal',
  'datetime',
  'duration',
  'ip',
  'any',
] as const
type Kind = (typeof KINDS)[number]

/** Expressions as text, by the type that they most likely are of. */
const expressions = fc.letrec<Record<Kind, string>>((tie) => {
  const access = fc
    .tuple(
      fc.constantFrom('principal', 'resource', 'context', 'principal.rec', 'context.rec', 'resource.owner'),
      attribute,
    )
    .map(([holder, one]) => (/^\w+$/.test(one) ? `${holder}.${one}` : `${holder}[${quoted(one)}]`))
  const infix = (kind: Kind, ...operators: string[]) =>
    fc.tuple(tie(kind), fc.constantFrom(...operators), tie(kind)).map(([a, operator, b]) => `(${a} ${operator} ${b})`)
  const method = (kind: Kind, names: string[], ...more: Kind[]) =>
    fc
      .tuple(tie(kind), fc.constantFrom(...names), ...more.map((one) => tie(one)))
      .map(([on, method, ...given]) => `(${on}).${method}(${given.join(', ')})`)
  const branch = (kind: Kind) =>
    fc.tuple(tie('bool'), tie(kind), tie(kind)).map(([test, yes, no]) => `(if ${test} then ${yes} else ${no})`)
  const of = (...all: fc.Arbitrary<string>[]) => fc.oneof({ depthSize: 'small', withCrossShrink: true }, ...all)
  const tag = fc.tuple(tie('entity'), tie('string')).map(([entity, one]) => `(${entity}).getTag(${one})`)
  return {
    bool: of(
      ...[fc.constantFrom('true', 'false'), access, infix('bool', '&&', '||', '==', '!='), infix('any', '==', '!=')],
      tie('bool').map((one) => `!(${one})`),
      ...[infix('long', '<', '<=', '>', '>=', '=='), infix('datetime', '<', '>='), infix('duration', '<=', '>')],
      fc.tuple(tie('entity'), tie('entity')).map(([a, b]) => `(${a} in ${b})`),
      fc.tuple(tie('entity'), fc.array(tie('entity'), { maxLength: 3 })).map(([a, b]) => `(${a} in [${b.join(', ')}])`),
      fc.tuple(tie('entity'), fc.constantFrom(...TYPES)).map(([one, type]) => `(${one} is ${type})`),
      fc
        .tuple(tie('entity'), fc.constantFrom(...TYPES), tie('entity'))
        .map(([a, type, b]) => `(${a} is ${type} in ${b})`),
      fc
        .tuple(fc.oneof(tie('entity'), tie('record')), attribute)
        .map(([one, field]) => `(${one} has ${quoted(field)})`),
      fc
        .tuple(tie('entity'), fc.constantFrom('rec.n', 'owner.n', 'rec.rec.s'))
        .map(([one, path]) => `(${one} has ${path})`),
      fc.tuple(tie('string'), pattern).map(([one, like]) => `(${one} like ${like})`),
      ...[
        method('set', ['contains'], 'any'),
        method('set', ['containsAll', 'containsAny'], 'set'),
        method('set', ['isEmpty']),
      ],
      ...[method('entity', ['hasTag'], 'string'), method('ip', ['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])],
      method('ip', ['isInRange'], 'ip'),
      method('decimal', ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'], 'decimal'),
      branch('bool'),
    ),
    long: of(
      ...[longText, access, infix('long', '+', '-', '*'), tie('long').map((one) => `-(${one})`), branch('long'), tag],
      method('duration', ['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays']),
    ),
    string: of(word.map(quoted), access, branch('string'), tag),
    entity: of(fc.constantFrom('principal', 'action', 'resource'), name.map(named), access, branch('entity')),
    set: of(
      access,
      fc.array(tie('any'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
      branch('set'),
    ),
    record: of(
      ...[fc.constant('context'), access],
      fc
        .uniqueArray(fc.tuple(attribute, tie('any')), { maxLength: 3, selector: ([field]) => field })
        .map((fields) => `{${fields.map(([field, one]) => `${quoted(field)}: ${one}`).join(', ')}}`),
    ),
    decimal: of(call('decimal', decimalText), access),
    datetime: of(
      call('datetime', datetimeText),
      access,
      method('datetime', ['offset'], 'duration'),
      method('datetime', ['toDate']),
    ),
    duration: of(
      ...[
        call('duration', durationText),
        method('datetime', ['durationSince'], 'datetime'),
        method('datetime', ['toTime']),
      ],
    ),
    ip: of(call('ip', ipText), access),
    any: of(...KINDS.filter((kind) => kind !== 'any').map((kind) => tie(kind))),
  }
})

const condition = fc
  .tuple(
    fc.constantFrom('when', 'unless'),
    fc.oneof({ weight: 9, arbitrary: expressions.bool }, { weight: 1, arbitrary: expressions.any }),
  )
  .map(([kind, body]) => `${kind} { ${body} }`)

function scope(variable: string, slot: string | null): fc.Arbitrary<string> {
  const type = fc.constantFrom(...TYPES)
  const target = slot === null ? name.map(named) : fc.constant(slot)
  const open = [
    { weight: 8, arbitrary: fc.constant(variable) },
    { weight: 2, arbitrary: type.map((one) => `${variable} is ${one}`) },
  ]
  return fc.oneof(
    ...(slot === null ? open : []),
    target.map((one) => `${variable} == ${one}`),
    target.map((one) => `${variable} in ${one}`),
    fc.tuple(type, target).map(([one, group]) => `${variable} is ${one} in ${group}`),
  )
}

const actionScope = fc.oneof(
  { weight: 6, arbitrary: fc.constant('action') },
  action.map((one) => `action == ${named(one)}`),
  action.map((one) => `action in ${named(one)}`),
  fc.array(action, { maxLength: 3 }).map((all) => `action in [${all.map(named).join(', ')}]`),
)

function policy(principal: string | null, resource: string | null): fc.Arbitrary<string> {
  return fc
    .tuple(
      ...[
        fc.constantFrom('permit', 'permit', 'permit', 'forbid'),
        scope('principal', principal),
        actionScope,
        scope('resource', resource),
      ],
      fc.array(condition, { maxLength: 2 }).map((all) => all.join('\n')),
    )
    .map(([effect, who, what, which, conditions]) => `${effect} (${who}, ${what}, ${which})\n${conditions};`)
}

const link = fc.oneof(
  fc.record({ template: policy('?principal', null), values: fc.record({ '?principal': name }) }),
  fc.record({ template: policy(null, '?resource'), values: fc.record({ '?resource': name }) }),
  fc.record({
    template: policy('?principal', '?resource'),
    values: fc.record({ '?principal': name, '?resource': name }),
  }),
)

const safeLong = fc.oneof(
  fc.integer({ min: -3, max: 8 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER),
)
const extension = (fn: string, arg: fc.Arbitrary<string>) => arg.map((one) => ({ __extn: { fn, arg: one } }))
export const value = fc.letrec<{ value: unknown; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    ...[fc.boolean(), safeLong, word, name.map((one) => ({ __entity: one }))],
    extension('decimal', fc.constantFrom('1.5', '1.50', '-0.0')),
    extension('datetime', fc.constantFrom('2024-02-29', '1969-12-31T23:59:59.999Z')),
    extension('duration', fc.constantFrom('1d', '-5ms')),
    extension('ip', fc.constantFrom('127.0.0.1', '10.0.0.0/8', '::1')),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('record'),
  ),
  record: fc.dictionary(attribute, tie('value'), { maxKeys: 5 }),
}))

// Sorted, and each in what comes before it: no entity is in itself.
export const entities = fc
  .uniqueArray(fc.oneof(name, action), { maxLength: 9, selector: ({ type, id }) => `${type} ${id}` })
  .chain((all) =>
    fc.tuple(
      ...all.map((uid, i) => {
        const before = all.slice(0, i).filter(({ type }) => (type === 'Action') === (uid.type === 'Action'))
        const isAction = uid.type === 'Action'
        return fc.record({
          uid: fc.constant(uid),
          attrs: isAction ? fc.constant({}) : value.record,
          tags: isAction ? fc.constant({}) : fc.dictionary(word, value.value, { maxKeys: 2 }),
          parents:
            before.length === 0
              ? fc.constant<Name[]>([])
              : fc.uniqueArray(fc.constantFrom(...before), { maxLength: 2 }),
        })
      }),
    ),
  )

export const anyPolicy = policy(null, null)

export const generated: fc.Arbitrary<Generated> = fc.record({
  policies: fc.array(anyPolicy, { maxLength: 4 }),
  links: fc.array(link, { maxLength: 1 }),
  entities,
  principal: name,
  action,
  resource: name,
  context: value.record,
})
