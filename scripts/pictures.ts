// Takes a picture of each main page of the console, in both themes, into docs/pictures; needs Chromium (see CONTRIBUTING.md).
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromiumOfFile, closeChromium, Visitor } from '../apps/server/test/support/console.ts'
import { person } from '../apps/server/test/support/people.ts'
import { policyWritten } from '../apps/server/test/support/policies.ts'
import { type TestServer, testServer } from '../apps/server/test/support/server.ts'
import { builtConsole } from './console.ts'

const FOLDER = join(import.meta.dirname, '..', 'docs', 'pictures')
const NAMES = ['invoice.paid', 'document.shared', 'user.login', 'key.rotated', 'report.exported']
const OUTCOMES = ['Success', 'Success', 'Success', 'Failure', 'Warning', 'Information']

await builtConsole()
await mkdir(FOLDER, { recursive: true })
await chromiumOfFile()
const server = await testServer()
try {
  for (const [name, path] of Object.entries(await filled(server))) await take(server, name, path)
} finally {
  await closeChromium()
  await server.stop()
}

async function take(at: TestServer, name: string, path: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    const visitor = await Visitor.loggedIn(at, {}, { theme, width: 1280 })
    await visitor.open(path)
    await visitor.settle()
    await visitor.page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) })
    await visitor.leave()
  }
}

/** Something to be seen on each page; answers where. */
async function filled(at: TestServer): Promise<Record<string, string>> {
  const call = async (method: string, path: string, body?: object) => (await at.call(method, path, body)).body
  const events = Array.from({ length: 400 }, (_, i) => ({
    ...{ event_type: NAMES[i % NAMES.length], user_id: `user${i % 7}`, action: 'do', resource: `invoice/${i}` },
    ...{ outcome: OUTCOMES[i % OUTCOMES.length], risk_score: (i * 7) % 100, ip_address: '192.0.2.7' },
    metadata: { before: { amount: i, state: 'open' }, after: { amount: i + 5, state: 'paid' } },
  }))
  const sent = await call('POST', '/v1/audit/events', events)
  const somebody = await person(at, { email: 'ada@first.example', scopes: ['audit:read'] })
  const role = await call('POST', '/v1/roles', {
    name: 'editor',
    description: 'Writes documents that are not final',
    permissions: [
      { resource: 'document', action: 'read', conditions: [] },
      {
        resource: 'document',
        action: 'edit',
        conditions: [{ type: 'owner' }, { type: 'factor', max_age_seconds: 900 }],
      },
    ],
  })
  await call('POST', '/v1/grants', { role_id: role.id, user_id: somebody.id, reason: 'writes the report' })
  const policy = await policyWritten(
    at,
    'forbid (principal, action == Action::"delete", resource is document)\nwhen { resource has state && resource.state == "final" };\n',
  )
  await call('POST', '/v1/audit/verify', {})
  return {
    overview: '/',
    audit: '/audit',
    entry: `/audit/${sent.results[0].event_id}`,
    people: '/people',
    person: `/people/${somebody.id}`,
    role: `/roles/${role.id}`,
    explorer: '/explorer',
    policy: `/policies/${policy.id}`,
    'sign-in': '/sign-in',
    keys: '/keys',
    health: '/health',
    welcome: '/welcome',
  }
}
