import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expandRecords, readEvent } from './index.ts'
import type { Format, JsonObject } from './observed-event.ts'
import { redact } from './redact.ts'

const actorOf = (format: Format, event: JsonObject) => readEvent(format, event).actor
const outcomeOf = (format: Format, event: JsonObject) => readEvent(format, event).outcome

test('Okta: results are outcomes, a tried name is a person, and its stream’s wrapper is looked through', () => {
  const event = (result: string, actor: JsonObject = { id: '00u1', type: 'User', alternateId: 'zoe@example.com' }) => ({
    eventType: 'user.session.start',
    outcome: { result },
    actor,
  })
  const results = {
    SUCCESS: 'Success',
    ALLOW: 'Success',
    FAILURE: 'Failure',
    DENY: 'Failure',
    SKIPPED: 'Information',
    CHALLENGE: 'Information',
    UNKNOWN: 'Information',
    RATE_LIMIT: 'Warning',
  }
  for (const [result, outcome] of Object.entries(results)) assert.equal(outcomeOf('okta', event(result)), outcome)
  assert.equal(actorOf('okta', event('FAILURE', { id: 'unknown', type: 'User', alternateId: 'zoe' }))?.id, 'zoe')
  assert.equal(actorOf('okta', event('SUCCESS', { id: 's', type: 'SystemPrincipal' }))?.type, 'system')
  assert.equal(actorOf('okta', event('SUCCESS', { id: 'a', type: 'PublicClientApp' }))?.type, 'service')
  assert.equal(actorOf('okta', { 'detail-type': 'SystemLog', detail: event('SUCCESS') })?.id, '00u1')
})

test('Okta: an event hook holds its events', () => {
  const events = [{ eventType: 'user.session.start', actor: { id: '00u1', type: 'User' } }]
  assert.deepEqual(expandRecords('okta', { eventType: 'com.okta.event_hook', data: { events } }), events)
})

test('GitHub: times come as milliseconds or text, and apps are services', () => {
  assert.equal(
    readEvent('github', { action: 'repo.create', actor: 'zoe', '@timestamp': 1671111111111 }).occurred_at,
    1671111111111000,
  )
  assert.equal(
    readEvent('github', { action: 'repo.create', actor: 'zoe', created_at: '2022-12-02 17:40:08.671' }).occurred_at,
    1670002808671000,
  )
  assert.equal(actorOf('github', { action: 'x.y', actor: 'dependabot[bot]' })?.type, 'service')
  assert.equal(outcomeOf('github', { action: 'user.failed_login', actor: 'zoe' }), 'Failure')
})

test('Kubernetes: the stages of a request are events of their own, and only people are persons', () => {
  const event = (stage: string, username: string): JsonObject => ({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: '3038ebd2-c98a-4c65-9b6e-e22506292313',
    stage,
    verb: 'get',
    user: { username },
  })
  assert.notEqual(
    readEvent('kubernetes', event('RequestReceived', 'zoe')).event_id,
    readEvent('kubernetes', event('ResponseComplete', 'zoe')).event_id,
  )
  assert.equal(outcomeOf('kubernetes', event('RequestReceived', 'zoe')), 'Information')
  assert.equal(actorOf('kubernetes', event('Panic', 'zoe'))?.type, 'person')
  assert.equal(actorOf('kubernetes', event('Panic', 'system:node:n1'))?.type, 'service')
  assert.equal(actorOf('kubernetes', event('Panic', 'system:anonymous'))?.type, 'system')
  const bound = {
    ...event('ResponseComplete', 'zoe'),
    impersonatedUser: { username: 'adam' },
    requestObject: {
      subjects: [
        { kind: 'User', name: 'berta' },
        { kind: 'Group', name: 'devs' },
      ],
    },
  }
  assert.deepEqual(
    readEvent('kubernetes', bound).people.map(({ id }) => id),
    ['adam', 'berta'],
  )
  assert.equal(expandRecords('kubernetes', { kind: 'EventList', items: [bound, bound] }).length, 2)
})

test('Google Workspace: an activity of several events is one entry that names them all', () => {
  const activity: JsonObject = {
    kind: 'admin#reports#activity',
    id: { time: '2026-01-02T03:04:05.678Z', uniqueQualifier: '-1', applicationName: 'login', customerId: 'C1' },
    actor: { email: 'zoe@example.com', profileId: '11' },
    ipAddress: '1.2.3.4',
    events: [
      {
        type: 'login',
        name: 'login_failure',
        parameters: [
          { name: 'affected_email_address', value: 'adam@example.com' },
          { name: 'user_agent', value: 'Mozilla/5.0 (X11)' },
        ],
      },
      { type: 'login', name: 'login_verification' },
    ],
  }
  const event = readEvent('gworkspace', activity)
  assert.deepEqual(
    [event.action, event.event_type, event.outcome],
    ['login_failure,login_verification', 'login.login_failure', 'Failure'],
  )
  assert.deepEqual(
    event.people.map(({ id }) => id),
    ['adam@example.com'],
  )
  assert.ok(!/Mozilla|1\.2\.3\.4|@/.test(JSON.stringify(redact(event).clear)))
})

test('OCSF: the classes for log-in, account change, API, file, data and finding are read', () => {
  const base = (class_uid: number, rest: JsonObject): JsonObject => ({
    class_uid,
    category_uid: Math.floor(class_uid / 1000),
    activity_id: 1,
    severity_id: 1,
    time: 1767323045678,
    metadata: { version: '1.9.0', uid: 'e-1' },
    ...rest,
  })
  const user = { type_id: 1, uid: 'u-1', name: 'zoe', email_addr: 'zoe@example.com' }
  const login = readEvent(
    'ocsf',
    base(3002, { status_id: 2, user, src_endpoint: { ip: '1.2.3.4' }, http_request: { user_agent: 'curl/8' } }),
  )
  assert.deepEqual(
    [login.actor?.id, login.outcome, login.occurred_at, login.risk_score, login.people],
    ['u-1', 'Failure', 1767323045678000, 0, []],
  )
  const change = readEvent('ocsf', base(3001, { status_id: 1, actor: { user }, user: { uid: 'u-2', name: 'adam' } }))
  assert.deepEqual([change.actor?.id, change.people.map(({ id }) => id), change.outcome], ['u-1', ['u-2'], 'Success'])
  const api = readEvent(
    'ocsf',
    base(6003, {
      status: 'Success',
      actor: { user: { type_id: 4, uid: 'svc' } },
      api: { operation: 'PutObject' },
      resources: [{ uid: 'arn:aws:s3:::b' }],
    }),
  )
  assert.deepEqual([api.actor?.type, api.action, api.resource], ['service', 'PutObject', 'arn:aws:s3:::b'])
  const file = readEvent(
    'ocsf',
    base(6006, {
      activity_name: 'Download',
      actor: { user },
      file: { path: '/home/zoe/a.txt', owner: { name: 'adam' } },
    }),
  )
  assert.deepEqual(
    [file.action, file.people.map(({ id }) => id), redact(file).clear.resource],
    ['Download', ['adam'], null],
  )
  assert.equal(
    readEvent('ocsf', base(6005, { status_id: 0, actor: { application: { name: 'etl' } } })).actor?.id,
    'etl',
  )
  const finding = readEvent(
    'ocsf',
    base(2004, { status_id: 1, severity_id: 5, finding_info: { title: 'Odd' }, evidences: [{ actor: { user } }] }),
  )
  assert.deepEqual([finding.outcome, finding.risk_score, finding.people.map(({ id }) => id)], ['Warning', 90, ['u-1']])
  assert.equal(
    readEvent('ocsf', base(4001, { class_name: 'Network Activity', activity_name: 'Open' })).event_type,
    'Network Activity: Open',
  )
})

test('columns are cut and cleaned, the data keeps the whole', () => {
  const event = readEvent('github', { action: `a\0${'b'.repeat(3000)}`, repo: 'r'.repeat(3000), actor: 'zoe' })
  assert.deepEqual(
    [event.event_type.length, event.resource?.length, event.event_type.slice(0, 3), (event.data.repo as string).length],
    [255, 2048, 'a\ufffdb', 3000],
  )
})
