import type { Role } from '@probity/contract'
import { permissionText } from './condition-text.ts'

/** What a role and all its parents let somebody do, in order, each once. Roles that are not known are passed over. */
export function effectiveOf(role: Pick<Role, 'id' | 'permissions' | 'parent_roles'>, roles: readonly Role[]): string[] {
  const seen = new Set<string>([role.id])
  const all = new Set(role.permissions.map(permissionText))
  const next = [...role.parent_roles]
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    const parent = roles.find((one) => one.id === id)
    if (parent === undefined || seen.has(id)) continue
    seen.add(id)
    for (const permission of parent.permissions) all.add(permissionText(permission))
    next.push(...parent.parent_roles)
  }
  return [...all].sort()
}
