import { person } from '../../support/people.ts'
import { testServer } from '../../support/server.ts'

/** What comes back, whatever it is. */
export interface Told {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: two makers answer, and an attack looks at what it needs
  body: any
}

/** Where an attack is tried: a naive twin, or Probity. */
export interface Place {
  /** Token of who writes policies. */
  author: string
  /** Token of somebody else who may approve. */
  second: string
  /** Token of somebody who may ask and nothing else. */
  asker: string
  call(method: string, path: string, body: unknown, token: string, headers?: Record<string, string>): Promise<Told>
  /** Token of another account whose mail the author gets. */
  ownTwin(): Promise<string>
  /** Time goes by, until a date that was given is past. */
  past(date: string): Promise<void>
  stop(): Promise<void>
}

/** True: it worked. */
export type Attack = (place: Place) => Promise<boolean>

export async function probity(): Promise<Place> {
  const server = await testServer()
  const scopes = ['tenant:admin', 'access:decide']
  const author = await person(server, { scopes, email: 'writer@first.example' })
  const second = await person(server, { scopes })
  const asker = await person(server, { scopes: ['access:decide'] })
  let count = 0
  return {
    ...{ author: author.token, second: second.token, asker: asker.token },
    call: (method, path, body, token, headers = {}) => server.call(method, path, body, { token, headers }),
    ownTwin: async () => (await person(server, { scopes, email: `writer+${++count}@first.example` })).token,
    async past(date) {
      while (Date.now() < Date.parse(date)) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    stop: () => server.stop(),
  }
}

let count = 0

/** A name that nothing has yet. */
export function unique(what: string): string {
  return `${what}_${++count}`
}

/** A policy that somebody wrote. */
export async function written(
  place: Place,
  cedar: string,
  more: object = {},
): Promise<{ id: string; version: number }> {
  const test = { name: 'other', principal: { type: 'x', id: 'x' }, action: 'x', resource: { type: 'x', id: 'x' } }
  const rules = { policy_type: 'Access', policy_rules: { cedar }, tests: [{ ...test, expect: 'deny' }] }
  const { body } = await place.call(
    'POST',
    '/v1/policies',
    { policy_name: unique('policy'), ...rules, ...more },
    place.author,
  )
  return { id: body.id, version: body.version }
}

export function step(
  place: Place,
  { id, version }: { id: string; version: number },
  what: string,
  token: string,
  body: object = {},
): Promise<Told> {
  return place.call('POST', `/v1/policies/${id}/versions/${version}/${what}`, body, token)
}

/** Whether a guest may, as the application is told. */
export async function may(
  place: Place,
  action: string,
  type: string,
  subject = { type: 'guest', id: 'g' },
): Promise<boolean> {
  const asked = { subject, action: { name: action }, resource: { type, id: '1' } }
  return (await place.call('POST', '/access/v1/evaluation', asked, place.asker)).body.decision === true
}
