import type { ScimQuery } from '@probity/contract'
import type { Json } from '@probity/core'
import type { ResourceType } from './attributes.ts'
import { type Filter, parseFilter, valuesOf } from './filter.ts'
import { LIST_RESPONSE } from './messages.ts'
import { type Path, pathOf } from './paths.ts'
import { isObject, type Projection, projectionOf, type Resource } from './resource.ts'

export const MOST_RESULTS = 500
const USUAL_RESULTS = 100

/** What a list is asked for (RFC 7644 §3.4.2), read. */
export interface Asked {
  filter: Filter | null
  sortBy: Path | null
  isDescending: boolean
  /** From 0. */
  offset: number
  count: number
  projection: Projection
}

/** Throws invalidFilter, invalidPath. */
export function readQuery(type: ResourceType, query: ScimQuery): Asked {
  return {
    filter: query.filter === undefined ? null : parseFilter(type, query.filter),
    sortBy: query.sortBy === undefined ? null : pathOf(type, query.sortBy, 'invalidPath'),
    isDescending: query.sortOrder === 'descending',
    offset: Math.max(1, query.startIndex ?? 1) - 1, // less than 1 is 1, by §3.4.2.4
    count: Math.min(MOST_RESULTS, Math.max(0, query.count ?? USUAL_RESULTS)),
    projection: projectionOf(type, query.attributes, query.excludedAttributes),
  }
}

/** One page of a list. */
export function listResponse(resources: Json[], total: number, offset: number): Resource {
  return {
    ...{ schemas: [LIST_RESPONSE], totalResults: total },
    ...{ startIndex: offset + 1, itemsPerPage: resources.length, Resources: resources },
  }
}

/** By the primary value, or else the first; what has none comes last, with "descending" first (§3.4.2.3). */
export function sorted(resources: readonly Resource[], path: Path | null, isDescending: boolean): Resource[] {
  if (path === null) return [...resources]
  const { caseExact, type } = path.sub ?? path.attribute
  const keyed = resources.map((resource) => {
    const value = keyOf(resource, path)
    return { resource, key: value === null || caseExact || type === 'dateTime' ? value : value.toLowerCase() }
  })
  const direction = isDescending ? -1 : 1
  return keyed.sort((a, b) => direction * compareKeys(a.key, b.key)).map(({ resource }) => resource)
}

function keyOf(resource: Resource, path: Path): string | null {
  const held = path.extension === null ? resource[path.attribute.name] : undefined
  const primary = Array.isArray(held) ? held.find((one) => isObject(one) && one.primary === true) : undefined
  const from = primary === undefined ? resource : { ...resource, [path.attribute.name]: [primary] }
  const [value = null] = valuesOf(from, path)
  return value === null ? null : String(value)
}

function compareKeys(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}
