import type { AccessCondition } from '@probity/contract'
import { BoundedMap } from '../../platform/bounded-map.ts'
import { refusedField } from '../../platform/errors.ts'
import type { Expression } from './cedar/policy-json.ts'
import { readPolicies, UnreadablePolicy } from './cedar/text.ts'
import { asOurs } from './kinds.ts'
import { zoneName } from './zones.ts'

/** A condition as an expression of Cedar. Throws VALIDATION_FAILED for what cannot be read as one, with where it stands. */
export function expressionOf(condition: AccessCondition, pointer: string): Expression {
  switch (condition.type) {
    case 'owner':
      return isSame('resource.owner_id', 'principal.id')
    case 'tenant_member':
      return isSame('resource.tenant_id', 'principal.tenant_id')
    case 'attribute':
      return attributeExpression(condition, pointer)
    case 'time_window':
      return timeExpression(condition)
    case 'network':
      return guarded('context.ip', networkExpression(condition.networks))
    case 'factor':
      return guarded(
        'context.factor_age',
        binary('<=', path('context.factor_age'), constant(condition.max_age_seconds)),
      )
    case 'risk':
      return guarded('context.risk', binary('<=', path('context.risk'), constant(condition.at_most)))
    case 'cedar':
      return ownExpression(condition.expression, pointer)
  }
}

type Attribute = Extract<AccessCondition, { type: 'attribute' }>
type TimeWindow = Extract<AccessCondition, { type: 'time_window' }>

function attributeExpression({ attribute, operator, value, other }: Attribute, pointer: string): Expression {
  if ((value === undefined) === (other === undefined)) throw refusedField(pointer, 'has one of value and other')
  if (Array.isArray(value) !== (operator === 'one_of'))
    throw refusedField(pointer, 'has a list as value with one_of, and with no other')
  const right = other === undefined ? listOrScalar(value ?? []) : path(other)
  const test = COMPARISON[operator](path(attribute), right)
  return guarded(attribute, other === undefined ? test : guarded(other, test))
}

const COMPARISON: Record<Attribute['operator'], (left: Expression, right: Expression) => Expression> = {
  equals: (left, right) => binary('==', left, right),
  not_equals: (left, right) => binary('!=', left, right),
  less_than: (left, right) => binary('<', left, right),
  at_most: (left, right) => binary('<=', left, right),
  more_than: (left, right) => binary('>', left, right),
  at_least: (left, right) => binary('>=', left, right),
  one_of: (left, right) => binary('contains', right, left),
  contains: (left, right) => binary('contains', left, right),
}

/** The clock of a zone stands in `context.local`, as `weekday` (1: Monday) and `minute` of the day. */
function timeExpression({ days, from, to, zone }: TimeWindow): Expression {
  const local: Expression = { '.': { left: path('context.local'), attr: zoneName(zone) } }
  const minute: Expression = { '.': { left: local, attr: 'minute' } }
  const weekday: Expression = { '.': { left: local, attr: 'weekday' } }
  const [start, end] = [minuteOf(from), minuteOf(to)]
  const isOn = (all: readonly number[]) => binary('contains', { Set: all.map(constant) }, weekday)
  const isAfter = binary('>=', minute, constant(start))
  const isBefore = binary('<', minute, constant(end))
  if (start < end) return binary('&&', isOn(days), binary('&&', isAfter, isBefore))
  // Over midnight: the end lies on the day after.
  const next = days.map((day) => (day % 7) + 1)
  return binary('||', binary('&&', isOn(days), isAfter), binary('&&', isOn(next), isBefore))
}

/** Zones that conditions ask for the time of, by their one name. */
export function zonesOf(conditions: readonly AccessCondition[]): string[] {
  return conditions.flatMap((one) => (one.type === 'time_window' ? [zoneName(one.zone)] : []))
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
}

function networkExpression(networks: readonly string[]): Expression {
  const [first, ...rest] = networks.map(
    (one): Expression => ({ isInRange: [path('context.ip'), { ip: [constant(one)] }] }) as Expression,
  ) // calls of extension functions, which the type has no names of
  return rest.reduce((all, one) => binary('||', all, one), first ?? constant(false))
}

/** What short texts were read as, which is most of the work of reading roles; what a long one is read as is large as well. */
const READ = new BoundedMap<string, Expression>(10_000)
const LONGEST_KEPT = 300

function ownExpression(text: string, pointer: string): Expression {
  const known = READ.get(text)
  if (known) return known
  const read = readExpression(text, pointer)
  if (text.length <= LONGEST_KEPT) READ.set(text, read)
  return read
}

/** One expression and nothing beside it: it is read as the condition of a policy that says nothing else. */
function readExpression(text: string, pointer: string): Expression {
  try {
    const statements = readPolicies(`permit (principal, action, resource) when {\n${text}\n};`)
    const [{ json }, ...more] = statements as [(typeof statements)[0], ...typeof statements]
    const [condition, ...others] = json.conditions
    const isAlone = more.length === 0 && others.length === 0 && condition?.kind === 'when' && json.effect === 'permit'
    if (!isAlone || json.annotations !== undefined)
      throw refusedField(pointer, 'is one expression, and nothing beside it')
    return asOurs(condition.body)
  } catch (error) {
    if (error instanceof UnreadablePolicy) throw refusedField(pointer, `cannot be read: ${error.message}`)
    throw error
  }
}

function isSame(one: string, other: string): Expression {
  return guarded(one, binary('==', path(one), path(other)))
}

/** What is not there does not hold, and does not fail either. */
function guarded(attribute: string, test: Expression): Expression {
  const [variable = '', ...names] = attribute.split('.')
  return binary('&&', { has: { left: path(variable), attr: names } }, test)
}

function path(attribute: string): Expression {
  const [variable, ...names] = attribute.split('.')
  const start = { Var: variable } as Expression // principal, resource or context, by the schema
  return names.reduce<Expression>((left, attr) => ({ '.': { left, attr } }), start)
}

function binary(
  operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||' | 'contains',
  left: Expression,
  right: Expression,
): Expression {
  return { [operator]: { left, right } }
}

function listOrScalar(value: NonNullable<Attribute['value']>): Expression {
  return Array.isArray(value) ? { Set: value.map(constant) } : constant(value)
}

function constant(value: string | number | boolean): Expression {
  return { Value: value }
}
