import type { Account, Calls, World } from './naive-world.ts'

/** A directory's calls, answered by who puts the words of a filter between quotes and hopes. */
export function directoryCalls(world: World): Calls {
  const shown = ({ id, email }: Account) => ({ id, userName: email })
  return {
    'POST /v1/service-accounts': ({ me }) => ({ status: 201, body: me }),
    'POST /scim/v2/Users': ({ body, me }) => ({
      status: 201,
      body: shown(world.add({ email: body.userName, tenant_id: me?.tenant_id ?? '' })),
    }),
    'GET /scim/v2/Users': ({ query, me }) => {
      const [, value = ''] = /^userName eq "(.*)"$/.exec(query.get('filter') ?? '') ?? []
      const condition = `tenant = '${me?.tenant_id}' AND name = '${value}'`
      const people = [...world.accounts.values()].filter((one) => holds(condition, one))
      return { body: { Resources: people.map(shown) } }
    },
    'GET /scim/v2/Users/:id': ({ id }) => {
      const account = world.accounts.get(id)
      return account ? { body: shown(account) } : { status: 404 }
    },
    'DELETE /scim/v2/Users/:id': ({ id }) => {
      world.accounts.delete(id)
      return { status: 204 }
    },
  }
}

/** What a database makes of `column = 'value'` with AND and OR, whose precedence the attacker knows. */
function holds(condition: string, { tenant_id, email }: Account): boolean {
  const sides: Record<string, string> = { tenant: tenant_id, name: email }
  return condition.split(' OR ').some((part) =>
    part.split(' AND ').every((one) => {
      const [, left = '', right = ''] = /^(.*?) ?= ?'(.*)'$/.exec(one) ?? []
      return (sides[left] ?? left.replaceAll("'", '')) === right
    }),
  )
}
