import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor, WIDTHS } from '../support/console.ts'
import { account, person } from '../support/people.ts'
import { policyWritten } from '../support/policies.ts'
import { type TestServer, testServer } from '../support/server.ts'

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let inside: Visitor
let outside: Visitor
const ids: Record<string, string> = {}
before(async () => {
  server = await testServer()
  const call = async (method: string, path: string, body?: object) => (await server.call(method, path, body)).body
  const events = Array.from({ length: 120 }, (_, i) => ({
    ...{
      event_type: 'invoice.paid',
      user_id: `user${i % 9}`,
      action: 'pay',
      resource: `invoice/${i}`,
      risk_score: i % 100,
    },
    outcome: (['Success', 'Failure', 'Warning', 'Information'] as const)[i % 4],
    metadata: { before: { amount: i }, after: { amount: i + 1 } },
    ip_address: '192.0.2.7',
  }))
  ids.event = (await call('POST', '/v1/audit/events', events)).results[0].event_id
  ids.person = (await person(server, { scopes: ['audit:read'] })).id
  const role = await call('POST', '/v1/roles', {
    name: 'editor',
    permissions: [{ resource: 'document', action: 'edit', conditions: [{ type: 'owner' }] }],
  })
  ids.role = role.id
  await call('POST', '/v1/grants', { role_id: role.id, user_id: ids.person, reason: 'writes' })
  await call('POST', '/v1/groups', { name: 'writers', scopes: [] })
  await call('POST', '/v1/applications', { name: 'Shop', kind: 'web', redirect_uris: ['https://shop.example.com/cb'] })
  await call('POST', '/v1/service-accounts', { name: 'billing' })
  ids.policy = (await policyWritten(server, 'forbid (principal, action, resource is document);')).id
  ids.review = (
    await call('POST', '/v1/access/reviews', {
      name: 'Spring',
      role_id: role.id,
      due_at: new Date(Date.now() + 864e5).toISOString(),
    })
  ).id
  await call('POST', '/v1/audit/verify', {})
  await call('DELETE', '/v1/privacy/data-subjects/user3', { all: true })
  await account(server)
  if (NO_CHROMIUM !== false) return
  inside = await Visitor.loggedIn(server)
  outside = await Visitor.arrive(server)
})
after(async () => {
  await closeChromium()
  await server.stop()
})

const PAGES: Record<string, () => string> = {
  overview: () => '/',
  welcome: () => '/welcome',
  account: () => '/account',
  'audit log': () => '/audit',
  'filtered audit log': () => '/audit#event_type=invoice.paid&outcome=Failure',
  entry: () => `/audit/${ids.event}`,
  verifications: () => '/audit/verifications',
  erasures: () => '/erasures',
  people: () => '/people',
  person: () => `/people/${ids.person}`,
  groups: () => '/groups',
  applications: () => '/applications',
  'sign-in': () => '/sign-in',
  roles: () => '/roles',
  role: () => `/roles/${ids.role}`,
  explorer: () => '/explorer',
  reviews: () => '/reviews',
  review: () => `/reviews/${ids.review}`,
  elevations: () => '/elevations',
  policies: () => '/policies',
  policy: () => `/policies/${ids.policy}`,
  tokens: () => '/tokens',
  keys: () => '/keys',
  health: () => '/health',
  tenants: () => '/tenants',
}
const OUTSIDE = ['/login', '/forgot', '/setup', '/invitation', '/password', '/address', '/verify']

for (const [name, path] of Object.entries(PAGES))
  test(`${name}: nothing that axe finds in either theme, and no wider than 360, 768 and 1440 pixels`, skip, () =>
    requireGood(inside, path()),
  )

for (const path of OUTSIDE)
  test(`${path}: nothing that axe finds in either theme, and no wider than 360, 768 and 1440 pixels`, skip, () =>
    requireGood(outside, path),
  )

async function requireGood(visitor: Visitor, path: string): Promise<void> {
  await visitor.open(path)
  await visitor.settle()
  for (const theme of ['light', 'dark'] as const) {
    await visitor.inTheme(theme)
    await visitor.requireAccessible(`${path}, ${theme}`)
  }
  for (const width of WIDTHS) {
    await visitor.page.setViewportSize({ width, height: 900 })
    await visitor.requireFits(path)
  }
  visitor.requireClean()
}
