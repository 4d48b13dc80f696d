import { Readable } from 'node:stream'
import {
  acceptRollback,
  auditEvent,
  checkpointQuery,
  consistency,
  consistencyQuery,
  eventPage,
  eventQuery,
  events,
  exportBody,
  exportQuery,
  histogram,
  histogramQuery,
  ingested,
  logKey,
  oneEventQuery,
  type Permit,
  rangeVerified,
  rollbackAccepted,
  tailQuery,
  uuid,
  verificationPage,
  verificationQuery,
  verifyRange,
  writeQuery,
  written,
} from '@probity/contract'
import { OPEN_ARRAY } from '@probity/core'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { DomainError } from '../../platform/errors.ts'
import { type Route, route } from '../../platform/http/route.ts'
import type { Audit } from './service.ts'
import { tail } from './tail.ts'

const one = z.strictObject({ id: uuid })

const isPersonal = (asked: Record<string, unknown>) =>
  String(asked.personal ?? false) !== 'false' || asked.ip_address !== undefined
const readPersonal = (asked: Record<string, unknown>): Permit[] =>
  isPersonal(asked) ? ['audit_entry:read', 'audit_entry:read_personal'] : ['audit_entry:read']
const exportPersonal = (asked: Record<string, unknown>): Permit[] =>
  isPersonal(asked) ? ['audit_entry:export', 'audit_entry:read_personal'] : ['audit_entry:export']

/** Whether a JSON text is that of an array. */
function isArray(bytes: Uint8Array): boolean {
  return bytes.find((byte) => byte > 0x20) === OPEN_ARRAY
}

export function auditRoutes(audit: Audit): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/audit/events',
      summary: 'Record one event or up to 1,000',
      description:
        'Each event has a result of its own, in order: `accepted` once it is durable, `duplicate` where the log has it already by its `event_id`, `refused` with the reason. One that is refused keeps none of the others back.',
      permit: 'audit_entry:write',
      changes: true,
      creates: true,
      query: writeQuery,
      body: events,
      raw: true,
      answers: { 200: written },
      async handle({ principal, query, bytes }) {
        const answer = await audit.write(principal.tenantId, query.format, bytes)
        const [only] = answer.results
        if (!isArray(bytes) && answer.results.length === 1 && only?.status === 'refused')
          throw new DomainError(only.code, { reason: only.message, ...(only.pointer && { pointer: only.pointer }) })
        return answer
      },
    }),
    route({
      method: 'POST',
      path: '/v1/audit/ingest',
      summary: 'Record a stream of NDJSON, plain, gzip or zstd',
      description:
        'An event a line, as many as there are. The answer counts what was accepted, known or refused, and names the refused lines. A stream that breaks off may be sent again from its beginning where events have an `event_id`.',
      permit: 'audit_entry:write',
      changes: true,
      streams: true,
      query: writeQuery,
      answers: { 200: ingested },
      handle({ principal, query, request }) {
        if (!(request.body instanceof Readable))
          throw new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported: ['application/x-ndjson'] })
        return audit.ingest(principal.tenantId, query.format, request.body, request.headers['content-encoding'])
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/events',
      summary: 'Search events, newest first',
      permit: readPersonal,
      query: eventQuery,
      answers: { 200: eventPage },
      handle: ({ principal, query }) => audit.list(principal, query),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/search',
      summary: 'The same search with its filters in the body: names and addresses stay out of URLs',
      permit: readPersonal,
      body: eventQuery,
      answers: { 200: eventPage },
      handle: ({ principal, body }) => audit.list(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/histogram',
      summary: 'How many events match, by time and outcome',
      permit: readPersonal,
      body: histogramQuery,
      answers: { 200: histogram },
      handle: ({ principal, body }) => audit.histogram(principal, body),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/events/:id',
      summary: 'Read one event',
      permit: readPersonal,
      params: one,
      query: oneEventQuery,
      answers: { 200: auditEvent },
      handle: ({ principal, params, query }) => audit.get(principal, params.id, query.personal),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/events/:id/receipt',
      summary: 'Receipt of an event (C2SP tlog-proof)',
      description: 'Verifies offline with the key of the log: `probity verify`, or `verifyReceipt` of the SDK.',
      permit: 'audit_entry:read',
      params: one,
      answers: { 200: 'text/plain' },
      async handle({ principal, params, reply }) {
        const receipt = await audit.receipt(principal.tenantId, params.id)
        reply.type('text/plain; charset=utf-8')
        return receipt
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/tail',
      summary: 'New events as they come (server-sent events)',
      permit: 'audit_entry:read',
      query: tailQuery,
      answers: { 200: 'text/event-stream' },
      async handle({ principal, query, again, request, reply }) {
        const last = Number(request.headers['last-event-id'] ?? Number.NaN)
        const from =
          Number.isSafeInteger(last) && last >= 0 ? last + 1 : (query.from ?? (await audit.size(principal.tenantId)))
        const gone = new AbortController()
        request.raw.socket.once('close', () => gone.abort())
        reply.type('text/event-stream')
        return Readable.from(tail(audit, principal, from, gone.signal, again))
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/checkpoint',
      summary: 'Signed head of the log (C2SP tlog-checkpoint), the newest or the newest anchored one',
      permit: 'audit_entry:read',
      query: checkpointQuery,
      answers: { 200: 'text/plain' },
      async handle({ principal, query, reply }) {
        const checkpoint = await audit.checkpoint(principal.tenantId, query.anchored)
        reply.type('text/plain; charset=utf-8')
        return checkpoint
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/tile/*',
      summary: 'Tile or entry bundle (C2SP tlog-tiles)',
      permit: 'audit_entry:read',
      params: z.strictObject({ '*': z.string().max(200) }),
      answers: { 200: 'application/octet-stream' },
      async handle({ principal, params, reply }) {
        const bytes = await audit.tile(principal.tenantId, `tile/${params['*']}`)
        reply.type('application/octet-stream')
        return bytes
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/consistency',
      summary: 'Proof that one size of the log continues another',
      permit: 'audit_entry:read',
      query: consistencyQuery,
      answers: { 200: consistency },
      handle: ({ principal, query }) => audit.consistency(principal.tenantId, query.from, query.to),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/key',
      summary: 'Verifier keys of the log and of the anchor log',
      permit: 'audit_entry:read',
      answers: { 200: logKey },
      handle: ({ principal }) => audit.key(principal.tenantId),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/key/turn',
      summary: 'Turn to the next signing key; both sign while they overlap',
      permit: 'audit_key:turn',
      changes: true,
      creates: true,
      answers: { 200: logKey },
      handle: ({ principal }) => audit.turnKey(principal.tenantId, principal),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/verify',
      summary: 'Verify a stretch of the stored log',
      permit: 'audit_entry:verify',
      body: verifyRange,
      answers: { 200: rangeVerified },
      handle: ({ principal, body }) => audit.verify(principal.tenantId, principal, body),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/verifications',
      summary: 'What verifications of the stored log found, the newest first',
      permit: 'audit_entry:read',
      query: verificationQuery,
      answers: { 200: verificationPage },
      handle: ({ principal, query }) => audit.verifications(principal, query),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/accept-rollback',
      summary: 'Let a log go on that was put back from a backup; what is lost becomes an entry',
      permit: 'audit_log:accept_rollback',
      changes: true,
      body: acceptRollback,
      answers: { 200: rollbackAccepted },
      handle: ({ principal, body }) => audit.acceptRollback(principal, body),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/export',
      summary: 'Everything a verifier needs, but the trusted key',
      description:
        'A stretch of the log, or a selection of it, as one stream of frames (Byte formats, section 6). Opened parts are in it where the caller may open them, which is recorded.',
      permit: exportPersonal,
      query: exportQuery,
      answers: { 200: 'application/octet-stream' },
      handle: ({ principal, query, reply }) => download(reply, audit.export(principal, query)),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/export',
      summary: 'The same of what a search finds, with its filters in the body: names stay out of URLs',
      permit: exportPersonal,
      body: exportBody,
      answers: { 200: 'application/octet-stream' },
      handle: ({ principal, body, reply }) => download(reply, audit.export(principal, body)),
    }),
  ]
}

async function download(reply: FastifyReply, made: Promise<AsyncGenerator<Uint8Array>>): Promise<Readable> {
  const stream = await made
  reply.type('application/octet-stream').header('content-disposition', 'attachment; filename="audit.probity"')
  return Readable.from(stream)
}
