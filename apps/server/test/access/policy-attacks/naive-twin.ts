import { randomUUID } from 'node:crypto'
import {
  ACTION,
  type Entity,
  EntityReference,
  type Policy,
  type Request,
  statementsOf,
  verdictOf,
} from '../../../src/domains/access/index.ts'
import type { Place, Told } from './place.ts'

interface Kept {
  id: string
  version: number
  state: string
  created_by: string
  cedar: string
  expiration_date?: string
}

type Json = Told['body']

/**
 * The seed's table with an approval: a policy is one row that is edited in place, bodies are stored as they come, who approves
 * is compared by the account, ended policies go at night, whatever is told of entities is believed, and a header names the method.
 */
export function naiveTwin(): Place {
  const policies = new Map<string, Kept>()
  const parents = new Map<string, EntityReference[]>()
  const roles = new Set([randomUUID()])
  const called = (token: string) => token
  const counting = (): Policy[] => [
    ...[...policies.values()].filter(({ state }) => state === 'approved').flatMap(({ cedar }) => statementsOf(cedar)),
    ...[...roles].flatMap((id) => statementsOf(`permit (principal in Role::"${id}", action, resource);`)),
  ]
  const decide = ({ subject, action, resource }: Json): boolean => {
    const [who, what] = [new EntityReference(subject.type, subject.id), new EntityReference(resource.type, resource.id)]
    const entity = (of: EntityReference): Entity => ({
      ...{ attributes: new Map(), tags: new Map() },
      ancestors: new Set((parents.get(of.key) ?? []).map(({ key }) => key)),
    })
    const request: Request = {
      ...{ principal: who, action: new EntityReference(ACTION, action.name), resource: what, context: new Map() },
      entities: { find: (key) => [who, what].filter((one) => one.key === key).map(entity)[0] },
    }
    const { permits, forbids } = verdictOf(counting(), request)
    return forbids.length === 0 && permits.length > 0
  }
  const answers: [method: string, path: RegExp, (body: Json, token: string, ids: string[]) => Told][] = [
    [
      'POST',
      /^\/v1\/policies$/,
      (body, token) => {
        const kept = {
          id: randomUUID(),
          version: 1,
          state: 'draft',
          created_by: called(token),
          cedar: body.policy_rules.cedar,
          ...body,
        }
        policies.set(kept.id, kept)
        return { status: 201, body: kept }
      },
    ],
    [
      'PATCH',
      /^\/v1\/policies\/([^/]+)$/,
      (body, _, [id = '']) => {
        const kept = policies.get(id)
        if (kept)
          Object.assign(kept, body, { version: kept.version + 1, cedar: body.policy_rules?.cedar ?? kept.cedar })
        return { status: 200, body: kept }
      },
    ],
    [
      'DELETE',
      /^\/v1\/policies\/([^/]+)$/,
      (_, __, [id = '']) => ({ status: policies.delete(id) ? 200 : 404, body: null }),
    ],
    [
      'POST',
      /^\/v1\/policies\/([^/]+)\/versions\/\d+\/(submit|approve)$/,
      (_, token, [id = '', what]) => {
        const kept = policies.get(id)
        if (!kept) return { status: 404, body: {} }
        if (what === 'approve' && kept.created_by === called(token)) return { status: 403, body: {} }
        kept.state = what === 'approve' ? 'approved' : 'in_review'
        return { status: 200, body: kept }
      },
    ],
    [
      'PUT',
      /^\/v1\/access\/entities$/,
      (body) => {
        for (const { type, id, parents: all } of body.entities)
          parents.set(
            new EntityReference(type, id).key,
            all.map((one: Json) => new EntityReference(one.type, one.id)),
          )
        return { status: 200, body: {} }
      },
    ],
    ['GET', /^\/v1\/roles$/, () => ({ status: 200, body: { roles: [...roles].map((id) => ({ id, name: 'owner' })) } })],
    ['POST', /^\/access\/v1\/evaluation$/, (body) => ({ status: 200, body: { decision: decide(body) } })],
  ]
  return {
    ...{ author: 'author', second: 'second', asker: 'asker' },
    async call(method, path, body, token, headers = {}) {
      const isOpen = path.startsWith('/access/') || method === 'PUT' || method === 'GET'
      if (token === 'asker' && !isOpen && headers['x-http-method-override'] === undefined)
        return { status: 403, body: {} }
      const acting = headers['x-http-method-override'] ?? method
      for (const [of, pattern, answer] of answers) {
        const found = of === acting ? pattern.exec(path) : null
        if (found) return answer(body, token, found.slice(1))
      }
      return { status: 404, body: {} }
    },
    ownTwin: async () => 'author again',
    past: async () => undefined, // a job ends them at night
    stop: async () => undefined,
  }
}
