import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import fc from 'fast-check'
import { expandRecords, readEvent } from './index.ts'
import { EventRefused, FORMATS, type JsonObject } from './observed-event.ts'
import { redact, restore } from './redact.ts'

const PRODUCTS = FORMATS.filter((format) => format !== 'probity')
const KEYS = [
  'eventName',
  'userIdentity',
  'type',
  'arn',
  'userName',
  'requestParameters',
  'eventType',
  'actor',
  'id',
  'alternateId',
  'target',
  'action',
  'user',
  'kind',
  'verb',
  'username',
  'sourceIPs',
  'protoPayload',
  'events',
  'name',
  'parameters',
  'email',
  'class_uid',
  'metadata',
  'time',
  'message',
  'detail',
  '__proto__',
  'records',
  'Records',
]
const SIGNS: Record<string, JsonObject> = {
  ocsf: { class_uid: 1 },
  cloudtrail: { eventName: 'x' },
  okta: { eventType: 'x' },
  github: { action: 'x' },
  kubernetes: { auditID: 'x' },
  gworkspace: { id: { applicationName: 'x' } },
}

test('arbitrary JSON is read or refused in every product’s format, and with one sign of the product it is read', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'User',
      'AssumedRole',
      '1.2.3.4',
      'zoe@example.com',
      '{"a":[1]}',
      '[',
      'arn:aws:sts::1:assumed-role/a/b',
      '2026-01-01T00:00:00Z',
    ),
  )
  const { node } = fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'medium' },
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('node'), { maxKeys: 6 }),
    ),
  }))
  fc.assert(
    fc.property(
      fc.constantFrom(...PRODUCTS),
      fc.oneof(node, fc.dictionary(fc.constantFrom(...KEYS), node, { minKeys: 3 })),
      (format, drawn) => {
        const value = JSON.parse(JSON.stringify(drawn)) as Json
        const sign = SIGNS[format] as JsonObject
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
        const signed = isObject ? { ...value, ...sign } : null
        for (const one of signed ? [value, signed] : expandRecords(format, value)) {
          try {
            const event = readEvent(format, one)
            const { clear, parts } = redact(event)
            assert.deepEqual(
              restore(
                clear,
                parts.map((part) => part.members),
              ).data,
              one,
            )
            assert.ok(clear.event_type.length >= 1 && clear.event_type.length <= 255)
          } catch (error) {
            if (!(error instanceof EventRefused)) throw error
            assert.ok(one !== signed || signed === null, error.reason)
          }
        }
      },
    ),
    { numRuns: 3000 },
  )
})
