import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import { readEvent } from './index.ts'
import type { Format, JsonObject, ObservedEvent } from './observed-event.ts'
import { redact, restore } from './redact.ts'

const DATA = new URL('../../../../../../../shared/data/', import.meta.url)
const skip = existsSync(DATA) ? false : '../shared/data is absent'

interface Sample {
  source: string
  event: JsonObject
}

function lines<T>(path: string): T[] {
  return readFileSync(new URL(path, DATA), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

const labelled = skip ? [] : lines<Sample>('labelled-events/events.ndjson')
const of = (...sources: string[]) => labelled.filter((one) => sources.includes(one.source)).map((one) => one.event)

// Plain access without any of the mapping's machinery, without regard to case.
function at(value: Json | undefined, ...path: string[]): Json | undefined {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined
    const key = Object.keys(found).find((one) => one.toLowerCase() === step.toLowerCase())
    found = key === undefined ? undefined : (found as JsonObject)[key]
  }
  return found
}
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function everyText(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [key, ...everyText(one)])
}

/** Read, redacted, restored: nothing is lost, and none of `secrets` is in what the log would hold. */
function check(format: Format, event: JsonObject, secrets: (Json | undefined)[]): ObservedEvent {
  const observed = readEvent(format, event)
  assert.deepEqual(observed.data, event)
  const { clear, parts } = redact(observed)
  const whole = restore(
    clear,
    parts.map((part) => part.members),
  )
  assert.deepEqual(whole.data, event)
  assert.deepEqual(
    [whole.event_type, whole.resource, whole.action, whole.session],
    [observed.event_type, observed.resource, observed.action, observed.session],
  )
  for (const secret of secrets.flatMap((one) => (Array.isArray(one) ? one : [one])).map(text)) {
    if (secret.length < 4 || /^(?:admin|root|user|test|unknown|session|redacted)$/i.test(secret)) continue
    const left = everyText(clear as unknown as Json).find((one) => one.toLowerCase().includes(secret.toLowerCase()))
    assert.equal(left, undefined, `${secret} is left in ${left}`)
  }
  return observed
}

const person = (event: ObservedEvent) =>
  event.actor?.type === 'person' ? [event.actor.id, ...event.actor.aliases] : []

test('every record of the S3 exfiltration is accepted, with pedro, a service or an instance as its actor', {
  skip,
}, () => {
  const records = lines<JsonObject>('cloudtrail/ec2_proxy_s3_exfiltration.ndjson')
  assert.equal(records.length, 103)
  const actors = { pedro: 0, ec2: 0, instance: 0 }
  for (const record of records) {
    const address = text(record.sourceIPAddress)
    const event = check('cloudtrail', record, [
      'pedro',
      at(record, 'userIdentity', 'accessKeyId') && 'AIDAICAK2CN5MGHIIDIHA',
      /^[\d.]+$/.test(address) ? address : undefined,
    ])
    assert.equal(event.outcome, 'Success')
    assert.equal(event.event_id, record.eventID)
    assert.equal(event.occurred_at, Date.parse(text(record['@timestamp'])) * 1000)
    assert.equal(event.action, record.eventName)
    if (person(event).includes('pedro')) {
      actors.pedro++
      assert.equal(event.actor?.id, 'arn:aws:iam::123456789123:user/pedro')
    } else if (event.actor?.id === 'ec2.amazonaws.com') actors.ec2++
    else if (event.actor?.type === 'service' && event.actor.id.endsWith('/i-0317f6c6b66ae9c40')) actors.instance++
  }
  assert.deepEqual(actors, { pedro: 87, ec2: 5, instance: 11 })
})

test('every labelled CloudTrail event is accepted, and failed when it has an error or a failed log-in', {
  skip,
}, () => {
  const events = of('AWS.CloudTrail')
  assert.equal(events.length, 228)
  for (const one of events) {
    const identity = at(one, 'userIdentity')
    const address = text(at(one, 'sourceIPAddress'))
    const agent = text(at(one, 'userAgent'))
    const type = text(at(identity, 'type'))
    const user = type === 'IAMUser' ? text(at(identity, 'userName')) : ''
    const event = check('cloudtrail', one, [
      /^[\d.]+$/.test(address) ? address : undefined,
      agent.startsWith('Mozilla/5') ? agent : undefined,
      user,
    ])
    const failed =
      Boolean(at(one, 'errorCode') || at(one, 'errorMessage')) ||
      at(one, 'responseElements', 'ConsoleLogin') === 'Failure'
    assert.equal(event.outcome, failed ? 'Failure' : 'Success')
    assert.equal(event.action, at(one, 'eventName') ?? at(one, 'eventType') ?? null)
    if (user) assert.ok(person(event).includes(user))
    if (type === 'AWSService' || type === 'AWSAccount') assert.equal(event.actor?.type, 'service')
    if (type === 'Root') assert.equal(event.actor?.type, 'person')
    if (!identity) assert.equal(event.actor, null)
    const session = /:assumed-role\/AWSReservedSSO_[^/]+\/(.+)$/.exec(text(at(identity, 'arn')))?.[1]
    if (session) assert.ok(person(event).includes(session))
  }
})

test('every labelled Okta event is accepted with the result that Okta gives it', { skip }, () => {
  const events = of('Okta.SystemLog')
  assert.equal(events.length, 33)
  const expected: Record<string, string> = {
    SUCCESS: 'Success',
    ALLOW: 'Success',
    FAILURE: 'Failure',
    DENY: 'Failure',
    CHALLENGE: 'Information',
    SKIPPED: 'Information',
    UNKNOWN: 'Information',
  }
  for (const one of events) {
    const actor = at(one, 'actor')
    const event = check('okta', one, [
      at(actor, 'alternateId'),
      at(actor, 'displayName'),
      at(one, 'client', 'ipAddress'),
      at(one, 'client', 'userAgent', 'rawUserAgent'),
      at(one, 'client', 'geographicalContext', 'city'),
    ])
    const result = text(at(one, 'outcome', 'result'))
    if (result) assert.equal(event.outcome, expected[result])
    if (at(actor, 'type') === 'User') {
      const name = text(at(actor, 'id')) === 'unknown' ? at(actor, 'alternateId') : at(actor, 'id')
      assert.deepEqual([event.actor?.type, event.actor?.id], ['person', name])
    } else assert.equal(event.actor, null)
    const targets = at(one, 'target')
    for (const target of Array.isArray(targets) ? targets : []) {
      if (!/User$/.test(text(at(target, 'type')))) continue
      const others = event.people.flatMap((other) => [other.id, ...other.aliases])
      assert.ok([...others, ...person(event)].includes(text(at(target, 'id') ?? at(target, 'alternateId'))))
    }
  }
})

test('every labelled GitHub audit entry and webhook is accepted', { skip }, () => {
  const audit = of('GitHub.Audit')
  assert.equal(audit.length, 44)
  for (const one of audit) {
    const name = text(at(one, 'actor'))
    const event = check('github', one, [
      at(one, 'actor_ip'),
      at(one, 'user_agent'),
      name.endsWith('[bot]') || name === 'github' ? undefined : name,
    ])
    assert.equal(event.actor?.id, name)
    assert.equal(event.actor?.type, name.endsWith('[bot]') || name === 'github' ? 'service' : 'person')
    assert.equal(event.outcome, at(one, 'conclusion') === 'failure' ? 'Failure' : 'Success')
    assert.equal(event.event_type, at(one, 'action'))
    const user = text(at(one, 'user'))
    if (user && user !== name)
      assert.deepEqual(
        event.people.map((other) => other.id),
        [user],
      )
  }
  const webhooks = of('GitHub.Webhook')
  assert.equal(webhooks.length, 43)
  for (const one of webhooks) check('github', one, [at(one, 'sender', 'login'), at(one, 'pusher', 'email')])
})

test('every labelled Kubernetes audit event is accepted, from EKS, AKS and GKE', { skip }, () => {
  // Six entries of this source are made up to test look-ups and bear another product's name.
  const all = of('Amazon.EKS.Audit')
  const events = all.filter(
    (one) => at(one, 'kind') === 'Event' || at(one, 'protoPayload') || at(one, 'properties', 'log'),
  )
  assert.equal(events.length, 111)
  assert.ok(all.filter((one) => !events.includes(one)).every((one) => at(one, 'p_enrichment', 'pulses_otx')))
  const elsewhere = of('GCP.AuditLog', 'Azure.MonitorActivity', 'AWS.CloudTrail').filter(
    (one) => at(one, 'protoPayload', 'serviceName') === 'k8s.io' || at(one, 'category') === 'kube-audit',
  )
  for (const one of [...events, ...elsewhere]) {
    const log = text(at(one, 'properties', 'log'))
    const inner = log ? (JSON.parse(log) as JsonObject) : one
    const name = text(
      at(inner, 'user', 'username') ?? at(inner, 'protoPayload', 'authenticationInfo', 'principalEmail'),
    )
    const human = name !== '' && !/^(?:system:|eks:|kubelet)|gserviceaccount\.com$/.test(name)
    const event = check('kubernetes', one, [
      human ? name : undefined,
      at(inner, 'sourceIPs'),
      at(inner, 'protoPayload', 'requestMetadata', 'callerIP'),
    ])
    if (human) assert.deepEqual([event.actor?.type, event.actor?.id], ['person', name])
    else assert.notEqual(event.actor?.type, 'person')
    const code = Number(at(inner, 'responseStatus', 'code') ?? 0)
    const status = Number(at(inner, 'protoPayload', 'status', 'code') ?? 0)
    if (code > 0) assert.equal(event.outcome, code >= 400 ? 'Failure' : 'Success')
    if (status > 0) assert.equal(event.outcome, 'Failure')
    if (at(inner, 'verb')) assert.equal(event.action, at(inner, 'verb'))
  }
})

test('every labelled Google Workspace activity is accepted with its actor', { skip }, () => {
  const events = of('GSuite.ActivityEvent')
  assert.equal(events.length, 71)
  for (const one of events) {
    const email = text(at(one, 'actor', 'email'))
    const event = check('gworkspace', one, [
      email,
      at(one, 'ipAddress'),
      at(one, 'parameters', 'target_user'),
      at(one, 'parameters', 'USER_EMAIL'),
    ])
    assert.equal(event.actor?.id ?? '', email)
    const name = text(at(one, 'name'))
    const delivered = at(one, 'parameters', 'event_info', 'success')
    if (/FAILED|failure/.test(name) || delivered === false) assert.equal(event.outcome, 'Failure')
    else if (!/COMPROMISED|disabled|suspicious/i.test(name) && at(one, 'parameters', 'is_suspicious') !== true)
      assert.equal(event.outcome, 'Success')
    if (name) assert.equal(event.action, name)
  }
})
