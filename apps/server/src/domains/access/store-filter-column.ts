import type { AttributeTest, Ordering } from './cedar/filter.ts'
import { isLong } from './cedar/long.ts'
import { CedarSet, EntityReference, Extension, type Value } from './cedar/value.ts'
import type { AttributeColumn, Column, ColumnType } from './filter-mapping.ts'
import { anyOf, isStorable, likePattern, type Statement } from './store-filter-statement.ts'

type Typed = Exclude<AttributeColumn, { type: 'jsonb' }>

const OPERATORS: Record<Ordering, string> = { less_than: '<', at_most: '<=', more_than: '>', at_least: '>=' }

/** What is asked of a column that has values of one type; what no value of it is, it is not. */
export function columnTest(
  statement: Statement,
  given: Typed,
  column: string,
  test: AttributeTest,
  up: boolean,
): string {
  const { type, entity } = given
  switch (test.op) {
    case 'has':
      return presence(type, column)
    case 'is':
      return typeOf(given) === test.type ? presence(type, column) : 'false'
    case 'is_entity':
      return entity === test.entityType ? presence(type, column) : 'false'
    case 'one_of':
      return oneOf(statement, given, column, test.values, up)
    case 'like':
      return typeOf(given) === 'string' ? likeTest(statement, column, test.pattern) : 'false'
    case 'contains':
      return type === 'text[]' && typeof test.value === 'string' && isStorable(test.value)
        ? `${column} @> ${statement.parameter([test.value], 'text[]')}`
        : 'false'
    default:
      return ordered(statement, given, column, test, up)
  }
}

/** That a column that names something has one of these ids. */
export function idTest(
  statement: Statement,
  { type }: Column<ColumnType>,
  column: string,
  ids: readonly string[],
): string {
  const possible = ids.filter((id) => IS_ID[type]?.(id) ?? false)
  const [first, ...rest] = possible
  if (first === undefined) return 'false'
  if (rest.length === 0) return `${column} = ${statement.parameter(first, type)}`
  return `${column} = ANY (${statement.parameter(possible, `${type}[]`)})`
}

/** What a value of a type can be as text. */
const IS_ID: Partial<Record<ColumnType, (id: string) => boolean>> = {
  text: isStorable,
  uuid: (id) => /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id),
  bigint: (id) => /^(0|-?[1-9]\d{0,18})$/.test(id) && BigInt.asIntN(64, BigInt(id)) === BigInt(id),
}

function typeOf({ type, entity }: Typed): string {
  if (entity !== undefined) return 'entity'
  return {
    text: 'string',
    uuid: 'string',
    bigint: 'long',
    boolean: 'boolean',
    timestamptz: 'datetime',
    'text[]': 'set',
  }[type]
}

function presence(type: ColumnType, column: string): string {
  return type === 'timestamptz' ? `isfinite(${column})` : `${column} IS NOT NULL`
}

function oneOf(statement: Statement, given: Typed, column: string, values: readonly Value[], up: boolean): string {
  const { type, entity } = given
  if (entity !== undefined) {
    const named = values.filter((one) => one instanceof EntityReference && one.type === entity) as EntityReference[]
    return idTest(
      statement,
      given,
      column,
      named.map(({ id }) => id),
    )
  }
  if (type === 'text' || type === 'uuid')
    return idTest(
      statement,
      given,
      column,
      values.filter((one) => typeof one === 'string'),
    )
  if (type === 'bigint') return idTest(statement, given, column, values.filter(isLong).map(String))
  if (type === 'timestamptz') return anyOf(values.map((value) => isAt(statement, column, value, up)))
  return anyOf(values.map((value) => equal(statement, type, column, value)))
}

function equal(statement: Statement, type: ColumnType, column: string, value: Value): string {
  if (type === 'boolean') return typeof value === 'boolean' ? `${column} IS ${value ? 'TRUE' : 'FALSE'}` : 'false'
  if (!(value instanceof CedarSet)) return 'false'
  const texts = [...value.byKey.values()]
  if (!texts.every((one) => typeof one === 'string' && isStorable(one))) return 'false'
  return `(${column} @> ${statement.parameter(texts, 'text[]')} AND ${column} <@ ${statement.parameter(texts, 'text[]')})`
}

function ordered(
  statement: Statement,
  { type, entity }: Typed,
  column: string,
  { op, value }: Extract<AttributeTest, { op: Ordering }>,
  up: boolean,
): string {
  if (entity !== undefined) return 'false'
  if (type === 'bigint' && isLong(value))
    return `${column} ${OPERATORS[op]} ${statement.parameter(String(value), 'bigint')}`
  if (type !== 'timestamptz' || !isDatetime(value)) return 'false'
  // A column has microseconds: what is at most a millisecond is before the next.
  const isUpper = op === 'less_than' || op === 'at_most'
  const bound = boundAt(statement, BigInt(value.amount) + (op === 'at_most' || op === 'more_than' ? 1n : 0n))
  if (bound === null) return statement.unknown(up, `isfinite(${column})`)
  return `(isfinite(${column}) AND ${column} ${isUpper ? '<' : '>='} ${bound})`
}

function isAt(statement: Statement, column: string, value: Value, up: boolean): string {
  if (!isDatetime(value)) return 'false'
  const to = boundAt(statement, BigInt(value.amount) + 1n)
  if (to === null) return statement.unknown(up, `isfinite(${column})`)
  return `(isfinite(${column}) AND ${column} < ${to} AND ${column} >= ${boundAt(statement, BigInt(value.amount))})`
}

function isDatetime(value: Value): value is Extension {
  return value instanceof Extension && value.kind === 'datetime'
}

/** The beginning of a millisecond; null: it is later than what a Date can be. */
function boundAt(statement: Statement, milliseconds: bigint): string | null {
  const at = Number(milliseconds)
  if (at > LATEST) return null
  return statement.parameter(at < EARLIEST ? '-infinity' : instantText(new Date(at)), 'timestamptz')
}

const LATEST = 8_640_000_000_000_000
/** Of PostgreSQL: 24 November 4714 BC. */
const EARLIEST = -210_866_803_200_000

/** As PostgreSQL reads it: years before the first have a mark of their own. */
function instantText(at: Date): string {
  const year = at.getUTCFullYear()
  const rest = at.toISOString().slice(-20, -1).replace('T', ' ')
  return `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${rest}+00${year > 0 ? '' : ' BC'}`
}

function likeTest(
  statement: Statement,
  column: string,
  pattern: Extract<AttributeTest, { op: 'like' }>['pattern'],
): string {
  const text = likePattern(pattern)
  return text === null ? 'false' : `${column}::text LIKE ${statement.parameter(text, 'text')}`
}
