import { compileBoolean, filled, type Slots, type Test } from './compile.ts'
import {
  type ActionScopeJson,
  type EntityJson,
  type Named,
  type PolicyJson,
  type ScopeJson,
  testOf,
} from './policy-json.ts'
import { isIn, type Request } from './request.ts'
import { EntityReference } from './value.ts'

/** What the head of a policy asks of a principal, a resource or an action; null: nothing. */
export interface Constraint {
  type: string | null
  /** It is this one. */
  equals: EntityReference | null
  /** It is one of these or in one. */
  within: readonly EntityReference[] | null
}

export interface Policy {
  id: string
  effect: 'permit' | 'forbid'
  annotations: Readonly<Record<string, string>>
  principal: Constraint
  action: Constraint
  resource: Constraint
  /** Whether the head fits; it never fails. */
  fits: Test
  /** Whether all conditions hold. Throws a Failure. */
  holds: Test
  json: PolicyJson
  slots: Slots
}

/** Compiles a policy, or a template with what fills its slots. Throws a TypeError for what is none. */
export function compilePolicy(id: string, json: PolicyJson, slots: Slots = {}): Policy {
  const principal = constraintOf(json.principal, slots)
  const action = constraintOf(json.action, slots)
  const resource = constraintOf(json.resource, slots)
  return {
    ...{ id, effect: json.effect, principal, action, resource, json, slots },
    annotations: Object.fromEntries(Object.entries(json.annotations ?? {}).map(([name, text]) => [name, text ?? ''])),
    fits: every([fitting('principal', principal), fitting('action', action), fitting('resource', resource)]),
    holds: every(json.conditions.map((condition) => compileBoolean(testOf(condition), slots))),
  }
}

function constraintOf(scope: ScopeJson | ActionScopeJson, slots: Slots): Constraint {
  const nothing = { type: null, equals: null, within: null }
  if (scope.op === 'All') return nothing
  if (scope.op === '==') return { ...nothing, equals: named(scope, slots) }
  if (scope.op === 'is')
    return { ...nothing, type: scope.entity_type, within: scope.in ? [named(scope.in, slots)] : null }
  return { ...nothing, within: 'entities' in scope ? scope.entities.map(referenceOf) : [named(scope, slots)] }
}

function named(one: Named, slots: Slots): EntityReference {
  return 'entity' in one ? referenceOf(one.entity) : filled(one.slot, slots)
}

function referenceOf({ type, id }: EntityJson): EntityReference {
  return new EntityReference(type, id)
}

/** Null: it always fits. */
export function fitting(of: 'principal' | 'action' | 'resource', { type, equals, within }: Constraint): Test | null {
  if (equals) return (request) => request[of].key === equals.key
  if (type !== null && within) return (request) => request[of].type === type && isWithin(request, request[of], within)
  if (type !== null) return (request) => request[of].type === type
  return within && ((request) => isWithin(request, request[of], within))
}

function isWithin({ entities }: Request, one: EntityReference, others: readonly EntityReference[]): boolean {
  return others.some((other) => isIn(entities, one, other))
}

/** In order, so that what comes first keeps what comes later from failing. */
function every(tests: readonly (Test | null)[]): Test {
  const [first, second, ...more] = tests.filter((test) => test !== null)
  if (!first) return () => true
  if (!second) return first
  const rest = every([second, ...more])
  return (request) => first(request) && rest(request)
}
