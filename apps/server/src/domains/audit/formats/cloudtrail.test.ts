import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import { expandRecords, readEvent } from './index.ts'
import type { Format, JsonObject } from './observed-event.ts'
import { redact } from './redact.ts'

const actorOf = (format: Format, event: JsonObject) => readEvent(format, event).actor
const cloudtrail = (userIdentity: JsonObject, rest: JsonObject = {}): JsonObject => ({
  eventName: 'ListBuckets',
  eventSource: 's3.amazonaws.com',
  userIdentity,
  ...rest,
})

test('CloudTrail: each kind of identity is a person or a service, by the record’s own reference', () => {
  const kinds: [JsonObject, string, string][] = [
    [
      { type: 'IAMUser', arn: 'arn:aws:iam::1:user/div/Alice', userName: 'Alice' },
      'person',
      'arn:aws:iam::1:user/div/Alice',
    ],
    [
      { type: 'Root', arn: 'arn:aws:iam::123456789012:root', principalId: '123456789012', accountId: '123456789012' },
      'person',
      'arn:aws:iam::123456789012:root',
    ],
    [
      {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1a/zoe@example.com',
        principalId: 'AROA1:zoe@example.com',
      },
      'person',
      'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1a/zoe@example.com',
    ],
    [
      { type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/Web/i-0317f6c6b66ae9c40' },
      'service',
      'arn:aws:sts::1:assumed-role/Web/i-0317f6c6b66ae9c40',
    ],
    [
      { type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/AWSServiceRoleForConfig/x', sessionContext: {} },
      'service',
      'arn:aws:sts::1:assumed-role/AWSServiceRoleForConfig/x',
    ],
    [
      { type: 'FederatedUser', arn: 'arn:aws:sts::1:federated-user/Bob', principalId: '1:Bob' },
      'person',
      'arn:aws:sts::1:federated-user/Bob',
    ],
    [{ type: 'SAMLUser', principalId: 'x:carla', userName: 'carla', identityProvider: 'y' }, 'person', 'carla'],
    [
      {
        type: 'WebIdentityUser',
        principalId: 'accounts.google.com:app:dan',
        userName: 'dan',
        identityProvider: 'accounts.google.com',
      },
      'person',
      'dan',
    ],
    [
      {
        type: 'IdentityCenterUser',
        accountId: '1',
        onBehalfOf: { userId: '94482488-3041-7026', identityStoreArn: 'arn:x' },
        credentialId: 'c',
      },
      'person',
      '94482488-3041-7026',
    ],
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
  const event = readEvent(
    'cloudtrail',
    cloudtrail(
      { type: 'Root', arn: 'arn:aws:iam::123456789012:root', principalId: '123456789012', accountId: '123456789012' },
      { recipientAccountId: '123456789012' },
    ),
  )
  assert.equal(redact(event).clear.data.recipientAccountId, '123456789012')
})

test('CloudTrail: a file, an EventBridge detail and a LookupEvents answer hold records', () => {
  const record = cloudtrail({ type: 'IAMUser', userName: 'Alice' }, { eventID: '3038ebd2-c98a-4c65-9b6e-e22506292313' })
  const wrapped: Json[] = [
    { Records: [record] },
    { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.s3', detail: record },
    { Events: [{ EventId: 'x', CloudTrailEvent: JSON.stringify(record) }] },
    [record],
  ]
  for (const value of wrapped) {
    const events = expandRecords('cloudtrail', value).map((one) => readEvent('cloudtrail', one))
    assert.deepEqual(
      events.map((one) => [one.actor?.id, one.event_id]),
      [['Alice', '3038ebd2-c98a-4c65-9b6e-e22506292313']],
    )
    assert.ok(!JSON.stringify(redact(events[0] as never).clear).includes('Alice'))
  }
  assert.throws(() => readEvent('cloudtrail', { Records: [record, record] }), /holds 2 events/)
})

test('CloudTrail: whoever an IAM call is about is another person, unless it is the caller', () => {
  const identity = { type: 'IAMUser', arn: 'arn:aws:iam::1:user/Alice', userName: 'Alice' }
  assert.deepEqual(
    readEvent('cloudtrail', cloudtrail(identity, { requestParameters: { userName: 'Bob' } })).people.map(
      ({ id }) => id,
    ),
    ['Bob'],
  )
  assert.deepEqual(
    readEvent('cloudtrail', cloudtrail(identity, { requestParameters: { userName: 'alice' } })).people,
    [],
  )
})
