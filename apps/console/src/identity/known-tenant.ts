const KEY = 'probity-tenants'
const MOST = 8

/** Names of the tenants that somebody logged in to before at this browser, the last first. */
export function knownTenants(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : []
  } catch {
    return [] // whatever else somebody put there
  }
}

/** The last of them. */
export function knownTenant(): string {
  return knownTenants()[0] ?? ''
}

/** Keeps the name for the next log-in: links and providers know a tenant by its id, which nobody could type. */
export function keepTenant(name: string): void {
  const others = knownTenants().filter((one) => one !== name)
  localStorage.setItem(KEY, JSON.stringify([name, ...others].slice(0, MOST)))
}
