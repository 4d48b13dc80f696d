import type { AttributeTest, Filter, Path } from './cedar/filter.ts'
import type { EntityReference } from './cedar/value.ts'
import type { FilterMapping } from './filter-mapping.ts'
import { columnTest, idTest } from './store-filter-column.ts'
import { jsonTest, partOf, recordTest } from './store-filter-json.ts'
import { allOf, isStorable, Statement } from './store-filter-statement.ts'

/** A condition of SQL. */
export interface SqlCondition {
  /** Never has a value in it: those are parameters, and names are the mapping's. */
  text: string
  /** Of its parameters, the first of which has the number that was asked for. */
  values: readonly unknown[]
  /**
   * Whether rows that pass are those that the engine allows; false: they are more, and the engine has to be asked for each.
   * It may be exact where the filter is not, since columns have a type.
   */
  isExact: boolean
}

/** A condition on resources as one on the rows of a table. */
export function sqlOf(filter: Filter, mapping: FilterMapping, firstParameter = 1): SqlCondition {
  const statement = new Statement(firstParameter)
  const text = textOf(filter, mapping, statement, true)
  return { text, values: statement.values, isExact: statement.isExact }
}

/**
 * Where more is let through than what is meant (`up`), what cannot be told is true, else false. A NULL counts as false, which
 * is why a negation is `IS NOT TRUE`.
 */
function textOf(filter: Filter, mapping: FilterMapping, statement: Statement, up: boolean): string {
  return statement.part(() => written(filter, mapping, statement, up))
}

function written(filter: Filter, mapping: FilterMapping, statement: Statement, up: boolean): string {
  switch (filter.op) {
    case 'true':
      return 'true'
    case 'false':
      return 'false'
    case 'and':
    case 'or':
      return statement.joined(
        filter.op,
        filter.of.map((one) => () => textOf(one, mapping, statement, up)),
      )
    case 'not':
      return negation(textOf(filter.of, mapping, statement, !up))
    case 'opaque':
      return statement.unknown(up)
    case 'id_in':
      return idTest(statement, mapping.id, statement.column(mapping, mapping.id.column), filter.ids)
    case 'within':
      return statement.joined(
        'or',
        groupedByType(filter.entities).map((group) => () => withinText(group, mapping, statement, up)),
      )
    default:
      return attributeText(filter, mapping, statement, up)
  }
}

function negation(text: string): string {
  if (text === 'true' || text === 'false') return text === 'true' ? 'false' : 'true'
  return `(${text} IS NOT TRUE)`
}

function attributeText(test: AttributeTest, mapping: FilterMapping, statement: Statement, up: boolean): string {
  const [name = '', ...fields] = test.path
  const given = Object.hasOwn(mapping.attributes, name) ? mapping.attributes[name] : undefined
  if (given && given.type !== 'jsonb') {
    // What is in a column of its own is no record.
    if (fields.length > 0) return 'false'
    return columnTest(statement, given, statement.column(mapping, given.column), test, up)
  }
  if (given) return jsonText(test, statement.column(mapping, given.column), [given.path, fields], statement, up)
  if (mapping.rest === undefined) return statement.unknown(up)
  return jsonText(test, statement.column(mapping, mapping.rest), [[name], fields], statement, up)
}

function jsonText(
  test: AttributeTest,
  column: string,
  [names, fields]: readonly [Path, Path],
  statement: Statement,
  up: boolean,
): string {
  if (![...names, ...fields].every(isStorable)) return 'false'
  let part = partOf(statement, column, names)
  const records: string[] = []
  for (const field of fields) {
    records.push(recordTest(part))
    part = partOf(statement, part, [field])
  }
  return allOf([...records, jsonTest(statement, part, test, up)])
}

function withinText(
  { type, ids }: { type: string; ids: string[] },
  { within, ...mapping }: FilterMapping,
  statement: Statement,
  up: boolean,
): string {
  const given = within && Object.hasOwn(within, type) ? within[type] : undefined
  if (!given) return statement.unknown(up)
  const column = statement.column(mapping, given.column)
  if (given.type === 'text[]') return `${column} && ${statement.parameter(ids.filter(isStorable), 'text[]')}`
  return idTest(statement, { column: given.column, type: given.type }, column, ids)
}

function groupedByType(entities: readonly EntityReference[]): { type: string; ids: string[] }[] {
  const types = [...new Set(entities.map(({ type }) => type))]
  return types.map((type) => ({ type, ids: entities.filter((one) => one.type === type).map(({ id }) => id) }))
}
