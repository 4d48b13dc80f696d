const KEY = 'probity-tenant'
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** The name of the tenant that somebody logged in to before at this browser. */
export function knownTenant(): string {
  const kept = localStorage.getItem(KEY) ?? ''
  return UUID.test(kept) ? '' : kept
}

/** Keeps the name for the next log-in: links and providers know a tenant by its id, which nobody could type. */
export function keepTenant(name: string): void {
  localStorage.setItem(KEY, name)
}
