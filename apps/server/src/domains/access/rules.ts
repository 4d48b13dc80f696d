/** Whether one is led to from another by any number of steps. */
export function reaches(graph: readonly { role_id: string; parent_id: string }[], from: string, to: string): boolean {
  return from === to || closureOf(graph, [from]).has(to)
}

/** Roles whose permissions come with some, those among them. */
export function closureOf(
  graph: readonly { role_id: string; parent_id: string }[],
  from: readonly string[],
): Set<string> {
  const reached = new Set<string>()
  const waiting = [...from]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (reached.has(one)) continue
    reached.add(one)
    for (const { role_id, parent_id } of graph) if (role_id === one) waiting.push(parent_id)
  }
  return reached
}

/** Roles that have the permissions of one, itself among them. */
export function leadingTo(graph: readonly { role_id: string; parent_id: string }[], to: string): Set<string> {
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
