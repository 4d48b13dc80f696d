import type { Permission, Role } from '@probity/contract'

/** What a role and all its parents let somebody do, in order, each once. Roles that are not known are passed over. */
export function effectiveOf(
  role: Pick<Role, 'id' | 'permissions' | 'parent_roles'>,
  roles: readonly Role[],
  textOf: (permission: Permission) => string,
): string[] {
  const seen = new Set<string>([role.id])
  const all = new Set(role.permissions.map(textOf))
  const next = [...role.parent_roles]
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    const parent = roles.find((one) => one.id === id)
    if (parent === undefined || seen.has(id)) continue
    seen.add(id)
    for (const permission of parent.permissions) all.add(textOf(permission))
    next.push(...parent.parent_roles)
  }
  return [...all].sort()
}
