/** On what a grant counts, as resources are written: `*`, a type, or a type and an id. */
export function extentText({
  resource_type,
  resource_id,
}: {
  resource_type: string | null
  resource_id: string | null
}): string {
  if (resource_type === null) return '*'
  return resource_id === null ? resource_type : `${resource_type}/${resource_id}`
}
