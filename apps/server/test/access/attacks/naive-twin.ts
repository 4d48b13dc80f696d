import type { Place, Told } from './place.ts'

interface Role {
  id: string
  name: string
  is_system?: boolean
  permissions: {
    resource: string
    action: string
    conditions?: { type: string; expression?: string; until?: string }[]
  }[]
  parent_roles: string[]
}

interface Grant {
  id: string
  role_id: string
  user_id?: string
  group_id?: string
  granted_by: string
}

/**
 * What one writes first, from the seed's tables: whoever is logged in gives roles, bodies are stored as they come, patterns
 * and names are compared loosely, what was found is remembered, and expressions are put together as text.
 */
export function naiveTwin(): Place {
  const [roles, grants, groups] = [new Map<string, Role>(), new Map<string, Grant>(), new Map<string, Set<string>>()]
  const tokens = new Map<string, string>()
  const remembered = new Map<string, Role[]>()
  let count = 0
  const id = () => `id${++count}`
  const somebody = () => {
    const made = { id: id(), token: `token${count}` }
    tokens.set(made.token, made.id)
    return made
  }
  const administrator = somebody()
  roles.set('viewer', { id: 'viewer', name: 'viewer', is_system: true, permissions: [], parent_roles: [] })

  const withParents = (role: Role | undefined): Role[] =>
    role === undefined ? [] : [role, ...role.parent_roles.flatMap((one) => withParents(roles.get(one)))]
  const rolesOf = (userId: string): Role[] => {
    const known = remembered.get(userId)
    if (known) return known
    const held = [...grants.values()].filter(
      (one) => one.user_id === userId || groups.get(one.group_id ?? '')?.has(userId),
    )
    const found = held.flatMap((one) => withParents(roles.get(one.role_id)))
    remembered.set(userId, found)
    return found
  }
  const fold = (text: string) => text.normalize('NFKC').toLowerCase()
  const fits = (pattern: string, asked: string) =>
    pattern === '*' || asked === '*' || fold(asked).startsWith(fold(pattern))
  const holds = (condition: { type: string; expression?: string }, asked: Told['body'], userId: string): boolean => {
    const resource: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(asked.resource_attributes ?? {})) resource[name] = value // and __proto__
    if (condition.type === 'owner') return resource.owner_id === userId
    if (condition.type === 'time_window') return asked.context?.local === 'in time'
    if (condition.type === 'cedar') return new Function('resource', `return (${condition.expression})`)(resource)
    return Number((asked.context?.risk ?? '0') as string) <= 10
  }
  const answers: Record<string, (body: Told['body'], userId: string, at: string) => Told> = {
    'POST /v1/roles': (body) => {
      const role = { id: id(), parent_roles: [], permissions: [], ...body }
      roles.set(role.id, role)
      return { status: 201, body: role }
    },
    'PATCH /v1/roles': (body, _, at) => ({ status: 200, body: Object.assign(roles.get(at) ?? {}, body) }),
    'POST /v1/grants': (body, userId) => {
      const grant = { id: id(), granted_by: userId, ...body }
      grants.set(grant.id, grant)
      remembered.delete(grant.user_id)
      return { status: 201, body: grant }
    },
    'DELETE /v1/grants': (_, __, at) => ({ status: grants.delete(at) ? 200 : 404, body: null }),
    'POST /v1/groups': () => {
      const group = id()
      groups.set(group, new Set())
      return { status: 201, body: { id: group } }
    },
    'POST /v1/groups/members': (body, _, at) => {
      groups.get(at)?.add(body.user_id)
      return { status: 200, body: null }
    },
    'POST /v1/users/suspend': () => ({ status: 200, body: null }), // they cannot log in any more
    'POST /v1/service-accounts': () => ({ status: 201, body: { id: id() } }),
    'POST /v1/tokens': ({ service_account_id = null }, userId) => {
      tokens.set(`api${++count}`, service_account_id ?? userId)
      return { status: 201, body: { token: `api${count}` } }
    },
    'POST /v1/auth/authorize': (asked, userId) => {
      const who = asked.user_id ?? userId
      const authorized = rolesOf(who).some(({ permissions }) =>
        permissions.some(
          ({ resource, action, conditions = [] }) =>
            fits(resource, asked.resource) &&
            fits(action, asked.action) &&
            conditions.every((one) => holds(one, asked, who)),
        ),
      )
      return { status: 200, body: { authorized } }
    },
  }
  return {
    administrator,
    async call(method, path, body, token) {
      const userId = tokens.get(token)
      if (userId === undefined) return { status: 401, body: {} }
      const [, , first = '', second = '', third = ''] = path.split('/')
      const isOne = first !== 'auth' && second !== ''
      const key = `${method} /v1/${isOne ? [first, third].filter((one) => one !== '').join('/') : [first, second].filter((one) => one !== '').join('/')}`
      return answers[key]?.(body, userId, second) ?? { status: 404, body: {} }
    },
    person: async () => somebody(),
    stranger: async () => somebody().token,
    async join(group) {
      groups.get(group)?.add(administrator.id)
      remembered.clear()
    },
    end: async () => undefined, // a job deletes them at night
    stop: async () => undefined,
  }
}
