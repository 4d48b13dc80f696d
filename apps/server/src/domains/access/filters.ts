import type { AccessFilter, FilterValue } from '@probity/contract'
import { and, type Filter, idIn, isExact, not, or } from './cedar/filter.ts'
import type { Policy } from './cedar/policy.ts'
import { printValue } from './cedar/print.ts'
import type { Request } from './cedar/request.ts'
import { limited, type Residual, residualOf } from './cedar/residual.ts'
import { CedarSet, EntityReference, Extension, IpAddress, type Value } from './cedar/value.ts'
import { Effort, looksOf } from './effort.ts'
import type { Model } from './model.ts'
import { covers, type Extent } from './rules.ts'

type Held = Extent & { role_id: string }

/** Resources of the type that an application told of as entities. */
export interface ToldResources {
  /** Null: they are too many to name. */
  ids: readonly string[] | null
  /** Of those, what is in something on which a role was given, which then counts there; null: that are too many. */
  within: readonly string[] | null
}

const OPAQUE: Filter = { op: 'opaque', policies: [] }

/**
 * Which resources of a type somebody may do something with. A grant on one resource makes its role count for that id alone,
 * so that each set of roles which some ids have beyond the others is asked for by itself; `requestOf` is the request of who was
 * given some roles here. `told` null: nothing was told of any resource of the type.
 */
export async function filterOf(
  model: Model,
  held: readonly Held[],
  type: string,
  requestOf: (roles: readonly string[]) => Request,
  told: ToldResources | null,
): Promise<Residual> {
  const wide = held
    .filter((one) => covers(one, { resource_type: type, resource_id: null }))
    .map(({ role_id }) => role_id)
  const groups = idsByRoles(held, type)
  const effort = new Effort(MOST_PARTS)
  const budget = { takes: (policy: Policy) => effort.takes(looksOf(policy).cost) }
  const conditionOf = async (isPlain: boolean) => {
    const of = async (roles: readonly string[]) => {
      const { principal, action, context, entities } = requestOf([...wide, ...roles])
      const asked = { principal, action, context, entities, resource: { type, isPlain }, known: [] }
      return (await residualOf(model.policies, asked, 'denies', budget)).filter
    }
    const others = await of([])
    const each: { ids: readonly string[]; filter: Filter }[] = []
    for (const { ids, roles } of groups.slice(0, MOST_GROUPS)) each.push({ ids, filter: await of(roles) })
    return limited([], () =>
      or(
        and(not(idIn(groups.flatMap(({ ids }) => ids))), others),
        ...each.map(({ ids, filter }) => and(idIn(ids), filter)),
        and(idIn(groups.slice(MOST_GROUPS).flatMap(({ ids }) => ids)), OPAQUE),
      ),
    )
  }
  const plain = await conditionOf(true)
  const filter = told === null ? plain : besideTold(plain, loosened(await conditionOf(false)), told)
  return { filter, isExact: isExact(filter) }
}

/** Of what nothing was told the condition is what it is; of the rest it lets through whatever a decision could allow. */
function besideTold(plain: Filter, loose: Filter, { ids, within }: ToldResources): Filter {
  return limited([], () => {
    const inTold = within === null ? OPAQUE : or(and(idIn(within), OPAQUE), loose)
    return ids === null ? or(plain, inTold) : or(and(not(idIn(ids)), plain), and(idIn(ids), inTold))
  })
}

/** What was told of a resource stands for what its row lacks, and it is in what it was told to be in: neither is known here. */
function loosened(filter: Filter): Filter {
  switch (filter.op) {
    case 'and':
      return and(...filter.of.map(loosened))
    case 'or':
      return or(...filter.of.map(loosened))
    case 'not':
      return not(loosened(filter.of))
    case 'true':
    case 'false':
    case 'id_in':
    case 'opaque':
      return filter
    default:
      return OPAQUE
  }
}

/** Parts of conditions that are translated for one answer: 100 sets of roles, each with 1,000 conditions of ten parts. */
const MOST_PARTS = 1_000_000
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
    case 'within': // what it is in a row does not tell
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
