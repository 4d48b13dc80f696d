import { request } from 'node:http'
import { zstdDecompressSync } from 'node:zlib'
import { CODEC_ZSTD, decodeBundlePayload, decodeFrameHead, EXPORT_MAGIC, FRAME, FRAME_HEAD_LENGTH } from '@probity/core'
import fc from 'fast-check'

/** An operation as /openapi.json describes it. */
export interface Operation {
  method: string
  path: string
  parameters: string[]
  members: string[]
  media: string | null
}

interface Described {
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: { properties?: object } }> }
}

export function operationsOf(paths: Record<string, Record<string, Described>>): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const [media, content] = Object.entries(requestBody?.content ?? {})[0] ?? [null, null]
      return {
        method: method.toUpperCase(),
        path,
        parameters: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
        members: Object.keys(content?.schema.properties ?? {}),
        media,
      }
    }),
  )
}

/** A request as it goes over the wire. */
export interface Garbage {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer | null
}

const TEXTS = ['', 'a', '0', '-1', '1e999', '9007199254740993', '9'.repeat(400), 'true', 'null', '__proto__']
const ODD = [
  'constructor',
  'a\u0000b',
  '\u0000',
  "';--",
  '%',
  '💩'.repeat(60),
  'x'.repeat(3000),
  '../..',
  '\u202e',
  'ς',
]
const TIMES = ['0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '9999-12-31T23:59:59+16:00', '2026-01-01T00:00:00Z']
const CURSORS = ['0000-01-01T00:00:00.000000Z/1', '2026-02-30T00:00:00.000000Z/1', '9999-12-31T23:59:59.999999Z/9', '/']
const forged = CURSORS.map((text) => Buffer.from(text).toString('base64url'))

/** Texts that routes may stumble over, and the ids that are given. */
const textOf = (known: string[]) =>
  fc.oneof(
    fc.constantFrom(...TEXTS, ...ODD, ...TIMES, ...forged, ...known),
    fc.string({ unit: 'binary', maxLength: 40 }),
  )

/** Escaped for a URL, or as it must not stand in one. */
const inUrl = (known: string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: textOf(known).map((text) => encodeURIComponent(text.toWellFormed())) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%', '%ZZ', '%00', '%ED%A0%80', '%FF%FE', '%C0%AF', '%2e%2e%2f', 'a;b=c', '*'),
    },
  )

/** JSON as text, so that it can be what no JSON.stringify writes. */
const jsonText = (known: string[]) =>
  fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'null',
        'true',
        '-0',
        '1e308',
        '1e999',
        '0.1',
        '9007199254740993',
        `${'9'.repeat(400)}`,
        '[]',
        '{}',
      ),
      fc.constantFrom('"\\ud800"', '"a\\u0000b"', '"\\udc00\\ud800"', '{"__proto__":{"x":1}}', '{"constructor":{}}'),
      fc.constantFrom(
        '['.repeat(90) + ']'.repeat(90),
        `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`,
        '{"a":1,"a":2}',
        '[1,',
        '01',
      ),
      textOf(known).map((text) => JSON.stringify(text)),
      fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
      fc.array(tie('any'), { maxLength: 3 }).map((all) => `[${all.join()}]`),
      fc.array(fc.tuple(textOf(known), tie('any')), { maxLength: 3 }).map((all) => objectText(all)),
    ),
  })).any

function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`
}

/** Bodies that are right but for what is put in. */
const SOUND: Record<string, Record<string, string>> = {
  '/v1/audit/events': { event_type: '"a.b"' },
  '/v1/auth/login': { credential_type: '"username_password"', tenant: '"own"', username: '"u"', password: '"p"' },
  '/v1/auth/mfa/setup': { method: '"totp"' },
  '/v1/auth/mfa/confirm': { factor_id: '"01a20f8d-98a6-7a06-88bd-6b7d610ba0f0"', code: '"123456"' },
  '/v1/auth/step-up': { password: '"p"' },
  '/v1/auth/refresh': { refresh_token: '"x"' },
  '/v1/auth/invitation': { token: '"x"', password: '"correct horse battery"' },
  '/v1/auth/password/forgot': { tenant: '"own"', username: '"u"' },
  '/v1/auth/password/reset': { token: '"x"', new_password: '"correct horse battery"' },
  '/v1/users': { email: '"a@b.example"' },
  '/v1/setup': { setup_token: '"x"', tenant: '"t"', email: '"a@b.example"', password: '"correct horse battery"' },
  '/v1/tokens': { name: '"n"', scopes: '["audit:read"]' },
  '/v1/tenants': { name: '"n"' },
}
const EVENT = ['event_id', 'occurred_at', 'user_id', 'actor_type', 'session_id', 'resource', 'action', 'outcome']
const PERSONAL = ['risk_score', 'ip_address', 'user_agent', 'metadata', 'event_data', 'personal', 'subjects']

function bodyOf(operation: Operation, known: string[]): fc.Arbitrary<Buffer> {
  const sound = SOUND[operation.path] ?? {}
  const isEvent = /audit\/(events|ingest)$/.test(operation.path)
  const names = [...operation.members, ...(isEvent ? [...EVENT, ...PERSONAL] : []), '__proto__', 'unknown']
  const wrong = fc.dictionary(fc.constantFrom(...names), jsonText(known), { maxKeys: 2 })
  const nearly = wrong.map((members) => objectText(Object.entries({ ...sound, ...members })))
  const text = fc.oneof({ weight: 4, arbitrary: nearly }, { weight: 1, arbitrary: jsonText(known) })
  return fc.oneof(
    { weight: 8, arbitrary: text.map((one) => Buffer.from(one)) },
    { weight: 1, arbitrary: fc.array(text, { maxLength: 5 }).map((all) => Buffer.from(all.join('\n'))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom('', '{', '\ufeff{}', '\0', '{"a":"\n"}').map((one) => Buffer.from(one)) },
  )
}

const MEDIA = [
  'application/json',
  'application/x-ndjson',
  'application/octet-stream',
  'text/plain',
  'application/xml',
  'x',
]
const ODD_MEDIA = [
  'application/json; charset=utf-16',
  'multipart/form-data',
  'a/b; c=',
  '',
  ',',
  'application/json, text/plain',
]
const HEADERS: Record<string, string[]> = {
  'content-encoding': ['gzip', 'zstd', 'br', 'GZIP', 'gzip, gzip', ''],
  'idempotency-key': ['k', 'x'.repeat(300), '\u00ff', 'a b', ''],
  'last-event-id': ['-1', '1e3', 'NaN', '9007199254740991', 'x'.repeat(2000), ''],
  'user-agent': ['\u00ff\u00fe', 'x'.repeat(5000), ''],
  'x-forwarded-for': ['1.2.3.4', "';--", '::1, ,'],
  'if-match': ['*', 'W/"x'],
  range: ['bytes=0-', 'bytes=-1'],
  authorization: ['Bearer x', 'Basic eDp5', `Bearer ${'x'.repeat(100)}`, 'bearer', ''],
}

const headersOf = (operation: Operation) =>
  fc.record({
    media: fc.oneof(
      { weight: 6, arbitrary: fc.constant(operation.media ?? 'application/json') },
      { weight: 1, arbitrary: fc.constantFrom(...MEDIA, ...ODD_MEDIA) },
    ),
    others: fc.option(
      fc
        .constantFrom(...Object.keys(HEADERS))
        .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(HEADERS[name] ?? [])))),
      { freq: 2 },
    ),
  })

/** A request to one of the operations, with garbage in every place. `known` are ids that may stand anywhere. */
export function garbage(operations: readonly Operation[], known: string[]): fc.Arbitrary<Garbage> {
  return fc.oneof(...operations.map((operation) => garbageFor(operation, known)))
}

function garbageFor(operation: Operation, known: string[]): fc.Arbitrary<Garbage> {
  const name = fc.constantFrom(...operation.parameters, 'unknown', '__proto__', 'personal[]')
  const parts = fc.record({
    segment: inUrl(known),
    query: fc.array(fc.tuple(name, inUrl(known)), { maxLength: 3 }),
    headers: headersOf(operation),
    body: operation.method === 'GET' ? fc.constant(null) : bodyOf(operation, known),
  })
  return parts.map(({ segment, query, headers: { media, others }, body }) => ({
    method: operation.method,
    path: `${operation.path.replaceAll(/\{\w+\}/g, segment)}?${query.map((pair) => pair.join('=')).join('&')}`,
    headers: { ...(body === null ? {} : { 'content-type': media }), ...(others ? { [others[0]]: others[1] } : {}) },
    body,
  }))
}

/** Sends it as it is. What streams for ever is cut off at its first bytes. Throws when there is no answer in ten seconds. */
export function send(url: string, token: string, one: Garbage): Promise<{ status: number; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...one.headers, 'content-length': one.body?.length ?? 0 }
    const call = request(url + one.path, { method: one.method, headers, timeout: 10_000 }, (answer) => {
      const chunks: Buffer[] = []
      const done = () => resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(chunks) })
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        if (!answer.headers['content-type']?.startsWith('text/event-stream')) return
        call.destroy()
        done()
      })
      answer.on('end', done)
      answer.on('error', done)
    })
    call.on('timeout', () => call.destroy(new Error('no answer in ten seconds')))
    call.on('error', reject)
    call.end(one.body ?? undefined)
  })
}

/** All that can be read in an answer: its text, and what an export holds compressed. */
export function readable(bytes: Buffer): string {
  const text = [bytes.toString('latin1')]
  if (bytes.subarray(0, EXPORT_MAGIC.length).equals(EXPORT_MAGIC))
    for (let at = EXPORT_MAGIC.length; at < bytes.length; ) {
      const { kind, length } = decodeFrameHead(bytes, at)
      const payload = bytes.subarray(at + FRAME_HEAD_LENGTH, at + FRAME_HEAD_LENGTH + length)
      if (kind === FRAME.bundle) {
        const { codec, bundle } = decodeBundlePayload(payload)
        text.push(Buffer.from(codec === CODEC_ZSTD ? zstdDecompressSync(bundle) : bundle).toString('latin1'))
      }
      at += FRAME_HEAD_LENGTH + length
    }
  return text.join('\n')
}
