import type { AccessFilter, FilterValue } from '@probity/contract'
import { and, type Filter, idIn, isExact, not, or } from './cedar/filter.ts'
import { printValue } from './cedar/print.ts'
import type { Request } from './cedar/request.ts'
import { limited, type Residual, residualOf } from './cedar/residual.ts'
import { CedarSet, EntityReference, Extension, IpAddress, type Value } from './cedar/value.ts'
import type { Model } from './model.ts'
import { covers, type Extent } from './rules.ts'

type Held = Extent & { role_id: string }

/**
 * Which resources of a type somebody may do something with. A grant on one resource makes its role count for that id alone,
 * so that each set of roles which some ids have beyond the others is asked for by itself; `requestOf` is the request of who was
 * given some roles here.
 */
export function filterOf(
  model: Model,
  held: readonly Held[],
  type: string,
  requestOf: (roles: readonly string[]) => Request,
): Residual {
  const wide = held
    .filter((one) => covers(one, { resource_type: type, resource_id: null }))
    .map(({ role_id }) => role_id)
  const of = (roles: readonly string[]) => {
    const { principal, action, context, entities } = requestOf([...wide, ...roles])
    const resource = { type, isPlain: true }
    return residualOf(model.policies, { principal, action, context, entities, resource, known: [] }, 'denies').filter
  }
  const groups = idsByRoles(held, type)
  const filter = limited([], () =>
    or(
      and(not(idIn(groups.flatMap(({ ids }) => ids))), of([])),
      ...groups.slice(0, MOST_GROUPS).map(({ ids, roles }) => and(idIn(ids), of(roles))),
      and(idIn(groups.slice(MOST_GROUPS).flatMap(({ ids }) => ids)), { op: 'opaque', policies: [] }),
    ),
  )
  return { filter, isExact: isExact(filter) }
}

/** Sets of roles that some ids have beyond the others; what is asked for by itself takes time. */
const MOST_GROUPS = 100

/** Of grants on one resource: ids, by the roles that are given on each. */
function idsByRoles(held: readonly Held[], type: string): { roles: string[]; ids: string[] }[] {
  const rolesById = new Map<string, Set<string>>()
  for (const { resource_type, resource_id, role_id } of held) {
    if (resource_type !== type || resource_id === null) continue
    rolesById.set(resource_id, (rolesById.get(resource_id) ?? new Set()).add(role_id))
  }
  const groups = new Map<string, { roles: string[]; ids: string[] }>()
  for (const [id, given] of rolesById) {
    const roles = [...given].sort()
    const group = groups.get(roles.join()) ?? { roles, ids: [] }
    group.ids.push(id)
    groups.set(roles.join(), group)
  }
  return [...groups.values()]
}

/** A condition as applications get it. */
export function presentFilter(filter: Filter): AccessFilter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, of: filter.of.map(presentFilter) }
    case 'not':
      return { op: 'not', of: presentFilter(filter.of) }
    case 'has':
      return { op: 'has', attribute: [...filter.path] }
    case 'is':
      return { op: 'is', attribute: [...filter.path], type: filter.type }
    case 'is_entity':
      return { op: 'is_entity', attribute: [...filter.path], entity_type: filter.entityType }
    case 'one_of':
      return { op: 'one_of', attribute: [...filter.path], values: filter.values.map(presentValue) }
    case 'like': {
      const pattern = filter.pattern.map((one) => (one === 'Wildcard' ? null : one.Literal))
      return { op: 'like', attribute: [...filter.path], pattern }
    }
    case 'id_in':
      return { op: 'id_in', ids: [...filter.ids] }
    case 'within': // what roles are on is in nothing
    case 'opaque':
      return { op: 'opaque' }
    case 'true':
    case 'false':
      return { op: filter.op }
    default:
      return { op: filter.op, attribute: [...filter.path], value: presentValue(filter.value) }
  }
}

/** As Cedar writes values in JSON; a Long that a number does not hold has a form of its own. */
function presentValue(value: Value): FilterValue {
  if (typeof value === 'bigint') return { __long: String(value) }
  if (typeof value !== 'object') return value
  if (value instanceof EntityReference) return { __entity: { type: value.type, id: value.id } }
  if (value instanceof CedarSet) return [...value.byKey.values()].map(presentValue)
  if (value instanceof Extension || value instanceof IpAddress) return presentExtension(value)
  return Object.fromEntries([...value].map(([name, one]) => [name, presentValue(one)]))
}

function presentExtension(value: Extension | IpAddress): FilterValue {
  const [, fn = '', arg = ''] = /^(\w+)\("(.*)"\)$/.exec(printValue(value)) ?? []
  if (!(value instanceof Extension) || value.kind !== 'datetime' || /^\d{4}-/.test(arg)) return { __extn: { fn, arg } }
  // Of no year that Cedar can write.
  const start = { __extn: { fn: 'datetime', arg: '1970-01-01' } }
  return { __extn: { fn: 'offset', args: [start, { __extn: { fn: 'duration', arg: `${value.amount}ms` } }] } }
}
