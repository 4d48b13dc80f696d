/** Whether one is led to from another by any number of steps. */
export function reaches(graph: Graph, from: string, to: string): boolean {
  return from === to || closureOf(graph, [from]).has(to)
}

type Graph = readonly { role_id: string; parent_id: string }[]

/** Roles whose permissions come with some, those among them. */
export function closureOf(graph: Graph, from: readonly string[]): Set<string> {
  const parents = parentsIn(graph)
  const reached = new Set(from)
  for (const one of reached) for (const parent of parents.get(one) ?? []) reached.add(parent)
  return reached
}

/** By role. Graphs never change; that of a tenant is asked at each decision. */
const known = new WeakMap<Graph, ReadonlyMap<string, readonly string[]>>()

function parentsIn(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const found = known.get(graph)
  if (found) return found
  const parents = new Map<string, string[]>()
  for (const { role_id, parent_id } of graph) {
    const all = parents.get(role_id)
    if (all) all.push(parent_id)
    else parents.set(role_id, [parent_id])
  }
  known.set(graph, parents)
  return parents
}

/** Roles that have the permissions of one, itself among them. */
export function leadingTo(graph: Graph, to: string): Set<string> {
  const back = graph.map(({ role_id, parent_id }) => ({ role_id: parent_id, parent_id: role_id }))
  return closureOf(back, [to])
}

/** On what a grant counts: null for everything, or for everything of the type. */
export interface Extent {
  resource_type: string | null
  resource_id: string | null
}

/** Whether all that lies in one lies in the other. */
export function covers(wide: Extent, narrow: Extent): boolean {
  if (wide.resource_type === null) return true
  if (wide.resource_type !== narrow.resource_type) return false
  return wide.resource_id === null || wide.resource_id === narrow.resource_id
}
