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

/** What such a text says, as it is asked for: nothing where it is empty, or `*`. */
export function extentIn(text: string): { resource_type?: string; resource_id?: string } {
  const [resource_type = '', ...rest] = text.trim().split('/')
  if (resource_type === '' || resource_type === '*') return {}
  return rest.length === 0 ? { resource_type } : { resource_type, resource_id: rest.join('/') }
}
