import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Probity } from '@probity/sdk'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

interface Operation {
  parameters?: { name: string; in: string }[]
}

/** Where anything but texts is taken. */
const GIVEN: Record<string, unknown[]> = {
  setUser: ['x', 'suspend'],
  roles: [],
  elevationRoles: [],
  event: ['x'],
  export: [],
}

/** What the client sends, by its methods, each with arguments that say nothing. */
async function calls(): Promise<{ name: string; method: string; path: string; key: string | null }[]> {
  const sent: { name: string; method: string; path: string; key: string | null }[] = []
  for (const name of methodsOf(Probity.prototype)) {
    const fetch = async (url: string | URL | Request, init?: RequestInit) => {
      const { pathname } = new URL(String(url))
      const key = new Headers(init?.headers).get('idempotency-key')
      sent.push({ name, method: init?.method ?? 'GET', path: pathname, key })
      return new Response('{}')
    }
    const client = new Probity({ url: 'http://server.example', token: 'none', fetch }) as unknown as Record<
      string,
      (...given: unknown[]) => unknown
    > // called by name
    const answer = client[name]?.(...(GIVEN[name] ?? ['x', 'x', 'x']))
    if (isIterable(answer)) await answer.next()
    else await answer
  }
  return sent
}

function isIterable(answer: unknown): answer is AsyncGenerator<unknown> {
  return typeof answer === 'object' && answer !== null && 'next' in answer
}

function methodsOf(prototype: object): string[] {
  const above = Object.getPrototypeOf(prototype) as object | null
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')
  return above === null || above === Object.prototype ? own : [...methodsOf(above), ...own]
}

test('each method of the client calls an operation of the API, and sends a key where that takes one', async () => {
  const { body } = await server.call('GET', '/openapi.json')
  const paths = Object.entries(body.paths as Record<string, Record<string, Operation>>).map(([path, methods]) => ({
    ...{ path, methods, pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`) },
  }))
  const reached = new Set<string>()
  const sent = await calls()
  assert.ok(sent.length > 100)
  for (const { name, method, path, key } of sent) {
    const found = paths
      .filter(({ pattern, methods }) => pattern.test(path) && methods[method.toLowerCase()])
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
    assert.ok(found, `${name} calls ${method} ${path}, which there is not`)
    const takesKey = found.methods[method.toLowerCase()]?.parameters?.some((one) => one.name === 'Idempotency-Key')
    assert.equal(key !== null, takesKey === true, `${name}: ${method} ${path}`)
    reached.add(`${method} ${found.path}`)
  }
  const all = paths.flatMap(({ path, methods }) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(
    all.filter((one) => !reached.has(one) && !OTHERS.test(one) && !BY_WORD.has(one)),
    [],
    'has no method',
  )
})

/** Whoever speaks these has a client of another kind: a browser, a provider, a gateway, a directory, a monitor. */
const OTHERS =
  / \/(scim|oidc|access\/v1\/gateway|\.well-known|livez|readyz|metrics|setup)\b| \/v1\/auth\/(saml|sso\/logout)\b| \/v1\/audit\/tile\b/
/** Reached by methods that take the last word, and what the body of a search asks as well. */
const BY_WORD = new Set([
  ...['reactivate', 'deactivate', 'unlock'].map((word) => `POST /v1/users/{id}/${word}`),
  ...['POST /v1/tenants/{id}/suspend', 'GET /v1/audit/events', 'GET /v1/audit/export', 'GET /v1/users'],
])

interface Member {
  email: string
}

test('a list is its first page where it is awaited, and everything where it is gone through', async () => {
  const client = new Probity({ url: server.url, token: server.token })
  for (let i = 0; i < 5; i++) await client.invite({ email: `member${i}@first.example` })
  const page = await client.users({ limit: 2 })
  assert.equal(page.users.length, 2)
  assert.ok(page.next_cursor)
  const all: Member[] = []
  for await (const user of client.users({ limit: 2 })) all.push(user)
  assert.equal(all.length, 6)
  assert.equal(new Set(all.map(({ email }) => email)).size, 6)
  await until('each invitation is found', async () => {
    const found = new Set<string>()
    for await (const { id } of client.events({ event_type: 'user.invited', limit: 2 })) found.add(id)
    return found.size === 5
  })
})
