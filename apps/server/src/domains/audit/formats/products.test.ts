import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import fc from 'fast-check'
import { expandRecords, readEvent } from './index.ts'
import { EventRefused, FORMATS, type Format, type JsonObject } from './observed-event.ts'
import { redact, restore } from './redact.ts'

const actorOf = (format: Format, event: JsonObject) => readEvent(format, event).actor
const outcomeOf = (format: Format, event: JsonObject) => readEvent(format, event).outcome
const cloudtrail = (userIdentity: JsonObject, rest: JsonObject = {}): JsonObject => ({ eventName: 'ListBuckets', eventSource: 's3.amazonaws.com', userIdentity, ...rest })

test('CloudTrail: each kind of identity is a person or a service, by the record’s own reference', () => {
  const kinds: [JsonObject, string, string][] = [
    [{ type: 'IAMUser', arn: 'arn:aws:iam::1:user/div/Alice', userName: 'Alice' }, 'person', 'arn:aws:iam::1:user/div/Alice'],
    [{ type: 'Root', arn: 'arn:aws:iam::123456789012:root', principalId: '123456789012', accountId: '123456789012' }, 'person', 'arn:aws:iam::123456789012:root'],
    [{ type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1a/zoe@example.com', principalId: 'AROA1:zoe@example.com' }, 'person', 'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1a/zoe@example.com'],
    [{ type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/Web/i-0317f6c6b66ae9c40' }, 'service', 'arn:aws:sts::1:assumed-role/Web/i-0317f6c6b66ae9c40'],
    [{ type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/AWSServiceRoleForConfig/x', sessionContext: {} }, 'service', 'arn:aws:sts::1:assumed-role/AWSServiceRoleForConfig/x'],
    [{ type: 'FederatedUser', arn: 'arn:aws:sts::1:federated-user/Bob', principalId: '1:Bob' }, 'person', 'arn:aws:sts::1:federated-user/Bob'],
    [{ type: 'SAMLUser', principalId: 'x:carla', userName: 'carla', identityProvider: 'y' }, 'person', 'carla'],
    [{ type: 'WebIdentityUser', principalId: 'accounts.google.com:app:dan', userName: 'dan', identityProvider: 'accounts.google.com' }, 'person', 'dan'],
    [{ type: 'IdentityCenterUser', accountId: '1', onBehalfOf: { userId: '94482488-3041-7026', identityStoreArn: 'arn:x' }, credentialId: 'c' }, 'person', '94482488-3041-7026'],
    [{ type: 'AWSService', invokedBy: 'ec2.amazonaws.com' }, 'service', 'ec2.amazonaws.com'],
    [{ type: 'AWSAccount', principalId: 'AIDA1', accountId: '999' }, 'service', '999'],
    [{ type: 'Unknown', userName: 'eve' }, 'person', 'eve'],
    [{ invokedBy: 'autoscaling.amazonaws.com' }, 'service', 'autoscaling.amazonaws.com'],
  ]
  for (const [identity, type, id] of kinds) {
    const actor = actorOf('cloudtrail', cloudtrail(identity))
    assert.deepEqual([actor?.type, actor?.id], [type, id])
  }
  assert.equal(actorOf('cloudtrail', cloudtrail({ type: 'IAMUser', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' })), null)
})

test('CloudTrail: an account number that is the root’s principal is nobody’s', () => {
  const event = readEvent('cloudtrail', cloudtrail({ type: 'Root', arn: 'arn:aws:iam::123456789012:root', principalId: '123456789012', accountId: '123456789012' }, { recipientAccountId: '123456789012' }))
  assert.equal(redact(event).clear.data.recipientAccountId, '123456789012')
})

test('CloudTrail: a file, an EventBridge detail and a LookupEvents answer hold records', () => {
  const record = cloudtrail({ type: 'IAMUser', userName: 'Alice' }, { eventID: '3038ebd2-c98a-4c65-9b6e-e22506292313' })
  const wrapped: Json[] = [{ Records: [record] }, { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.s3', detail: record }, { Events: [{ EventId: 'x', CloudTrailEvent: JSON.stringify(record) }] }, [record]]
  for (const value of wrapped) {
    const events = expandRecords('cloudtrail', value).map((one) => readEvent('cloudtrail', one))
    assert.deepEqual(events.map((one) => [one.actor?.id, one.event_id]), [['Alice', '3038ebd2-c98a-4c65-9b6e-e22506292313']])
    assert.ok(!JSON.stringify(redact(events[0] as never).clear).includes('Alice'))
  }
  assert.throws(() => readEvent('cloudtrail', { Records: [record, record] }), /holds 2 events/)
})

test('CloudTrail: whoever an IAM call is about is another person, unless it is the caller', () => {
  const identity = { type: 'IAMUser', arn: 'arn:aws:iam::1:user/Alice', userName: 'Alice' }
  assert.deepEqual(readEvent('cloudtrail', cloudtrail(identity, { requestParameters: { userName: 'Bob' } })).people.map(({ id }) => id), ['Bob'])
  assert.deepEqual(readEvent('cloudtrail', cloudtrail(identity, { requestParameters: { userName: 'alice' } })).people, [])
})

test('Okta: results are outcomes, a tried name is a person, and its stream’s wrapper is looked through', () => {
  const event = (result: string, actor: JsonObject = { id: '00u1', type: 'User', alternateId: 'zoe@example.com' }) => ({ eventType: 'user.session.start', outcome: { result }, actor })
  const results = { SUCCESS: 'Success', ALLOW: 'Success', FAILURE: 'Failure', DENY: 'Failure', SKIPPED: 'Information', CHALLENGE: 'Information', UNKNOWN: 'Information', RATE_LIMIT: 'Warning' }
  for (const [result, outcome] of Object.entries(results)) assert.equal(outcomeOf('okta', event(result)), outcome)
  assert.equal(actorOf('okta', event('FAILURE', { id: 'unknown', type: 'User', alternateId: 'zoe' }))?.id, 'zoe')
  assert.equal(actorOf('okta', event('SUCCESS', { id: 's', type: 'SystemPrincipal' }))?.type, 'system')
  assert.equal(actorOf('okta', event('SUCCESS', { id: 'a', type: 'PublicClientApp' }))?.type, 'service')
  assert.equal(actorOf('okta', { 'detail-type': 'SystemLog', detail: event('SUCCESS') })?.id, '00u1')
})

test('GitHub: times come as milliseconds or text, and apps are services', () => {
  assert.equal(readEvent('github', { action: 'repo.create', actor: 'zoe', '@timestamp': 1671111111111 }).occurred_at, 1671111111111000)
  assert.equal(readEvent('github', { action: 'repo.create', actor: 'zoe', created_at: '2022-12-02 17:40:08.671' }).occurred_at, 1670002808671000)
  assert.equal(actorOf('github', { action: 'x.y', actor: 'dependabot[bot]' })?.type, 'service')
  assert.equal(outcomeOf('github', { action: 'user.failed_login', actor: 'zoe' }), 'Failure')
})

test('Kubernetes: the stages of a request are events of their own, and only people are persons', () => {
  const event = (stage: string, username: string): JsonObject => ({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: '3038ebd2-c98a-4c65-9b6e-e22506292313', stage, verb: 'get', user: { username } })
  assert.notEqual(readEvent('kubernetes', event('RequestReceived', 'zoe')).event_id, readEvent('kubernetes', event('ResponseComplete', 'zoe')).event_id)
  assert.equal(outcomeOf('kubernetes', event('RequestReceived', 'zoe')), 'Information')
  assert.equal(actorOf('kubernetes', event('Panic', 'zoe'))?.type, 'person')
  assert.equal(actorOf('kubernetes', event('Panic', 'system:node:n1'))?.type, 'service')
  assert.equal(actorOf('kubernetes', event('Panic', 'system:anonymous'))?.type, 'system')
  const bound = { ...event('ResponseComplete', 'zoe'), impersonatedUser: { username: 'adam' }, requestObject: { subjects: [{ kind: 'User', name: 'berta' }, { kind: 'Group', name: 'devs' }] } }
  assert.deepEqual(readEvent('kubernetes', bound).people.map(({ id }) => id), ['adam', 'berta'])
  assert.equal(expandRecords('kubernetes', { kind: 'EventList', items: [bound, bound] }).length, 2)
})

test('Google Workspace: an activity of several events is one entry that names them all', () => {
  const activity: JsonObject = {
    kind: 'admin#reports#activity', id: { time: '2026-01-02T03:04:05.678Z', uniqueQualifier: '-1', applicationName: 'login', customerId: 'C1' }, actor: { email: 'zoe@example.com', profileId: '11' }, ipAddress: '1.2.3.4',
    events: [{ type: 'login', name: 'login_failure', parameters: [{ name: 'affected_email_address', value: 'adam@example.com' }, { name: 'user_agent', value: 'Mozilla/5.0 (X11)' }] }, { type: 'login', name: 'login_verification' }],
  }
  const event = readEvent('gworkspace', activity)
  assert.deepEqual([event.action, event.event_type, event.outcome], ['login_failure,login_verification', 'login.login_failure', 'Failure'])
  assert.deepEqual(event.people.map(({ id }) => id), ['adam@example.com'])
  assert.ok(!/Mozilla|1\.2\.3\.4|@/.test(JSON.stringify(redact(event).clear)))
})

test('OCSF: the classes for log-in, account change, API, file, data and finding are read', () => {
  const base = (class_uid: number, rest: JsonObject): JsonObject => ({ class_uid, category_uid: Math.floor(class_uid / 1000), activity_id: 1, severity_id: 1, time: 1767323045678, metadata: { version: '1.9.0', uid: 'e-1' }, ...rest })
  const user = { type_id: 1, uid: 'u-1', name: 'zoe', email_addr: 'zoe@example.com' }
  const login = readEvent('ocsf', base(3002, { status_id: 2, user, src_endpoint: { ip: '1.2.3.4' }, http_request: { user_agent: 'curl/8' } }))
  assert.deepEqual([login.actor?.id, login.outcome, login.occurred_at, login.risk_score, login.people], ['u-1', 'Failure', 1767323045678000, 0, []])
  const change = readEvent('ocsf', base(3001, { status_id: 1, actor: { user }, user: { uid: 'u-2', name: 'adam' } }))
  assert.deepEqual([change.actor?.id, change.people.map(({ id }) => id), change.outcome], ['u-1', ['u-2'], 'Success'])
  const api = readEvent('ocsf', base(6003, { status: 'Success', actor: { user: { type_id: 4, uid: 'svc' } }, api: { operation: 'PutObject' }, resources: [{ uid: 'arn:aws:s3:::b' }] }))
  assert.deepEqual([api.actor?.type, api.action, api.resource], ['service', 'PutObject', 'arn:aws:s3:::b'])
  const file = readEvent('ocsf', base(6006, { activity_name: 'Download', actor: { user }, file: { path: '/home/zoe/a.txt', owner: { name: 'adam' } } }))
  assert.deepEqual([file.action, file.people.map(({ id }) => id), redact(file).clear.resource], ['Download', ['adam'], null])
  assert.equal(readEvent('ocsf', base(6005, { status_id: 0, actor: { application: { name: 'etl' } } })).actor?.id, 'etl')
  const finding = readEvent('ocsf', base(2004, { status_id: 1, severity_id: 5, finding_info: { title: 'Odd' }, evidences: [{ actor: { user } }] }))
  assert.deepEqual([finding.outcome, finding.risk_score, finding.people.map(({ id }) => id)], ['Warning', 90, ['u-1']])
  assert.equal(readEvent('ocsf', base(4001, { class_name: 'Network Activity', activity_name: 'Open' })).event_type, 'Network Activity: Open')
})

test('columns are cut and cleaned, the data keeps the whole', () => {
  const event = readEvent('github', { action: `a\0${'b'.repeat(3000)}`, repo: 'r'.repeat(3000), actor: 'zoe' })
  assert.deepEqual([event.event_type.length, event.resource?.length, event.event_type.slice(0, 3), (event.data.repo as string).length], [255, 2048, 'a\ufffdb', 3000])
})

const PRODUCTS = FORMATS.filter((format) => format !== 'probity')
const KEYS = ['eventName', 'userIdentity', 'type', 'arn', 'userName', 'requestParameters', 'eventType', 'actor', 'id', 'alternateId', 'target', 'action', 'user', 'kind', 'verb', 'username', 'sourceIPs', 'protoPayload', 'events', 'name', 'parameters', 'email', 'class_uid', 'metadata', 'time', 'message', 'detail', '__proto__', 'records', 'Records']
const SIGNS: Record<string, JsonObject> = { ocsf: { class_uid: 1 }, cloudtrail: { eventName: 'x' }, okta: { eventType: 'x' }, github: { action: 'x' }, kubernetes: { auditID: 'x' }, gworkspace: { id: { applicationName: 'x' } } }

test('arbitrary JSON is read or refused in every product’s format, and with one sign of the product it is read', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('User', 'AssumedRole', '1.2.3.4', 'zoe@example.com', '{"a":[1]}', '[', 'arn:aws:sts::1:assumed-role/a/b', '2026-01-01T00:00:00Z'))
  const { node } = fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof({ depthSize: 'medium' }, text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('node'), { maxKeys: 6 })),
  }))
  fc.assert(
    fc.property(fc.constantFrom(...PRODUCTS), node, (format, drawn) => {
      const value = JSON.parse(JSON.stringify(drawn)) as Json
      const sign = SIGNS[format] as JsonObject
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      const signed = isObject ? { ...value, ...sign } : null
      for (const one of signed ? [value, signed] : expandRecords(format, value)) {
        try {
          const event = readEvent(format, one)
          const { clear, parts } = redact(event)
          assert.deepEqual(restore(clear, parts.map((part) => part.members)).data, one)
          assert.ok(clear.event_type.length >= 1 && clear.event_type.length <= 255)
        } catch (error) {
          if (!(error instanceof EventRefused)) throw error
          assert.ok(one !== signed || signed === null, error.reason)
        }
      }
    }),
    { numRuns: 3000 },
  )
})
