import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Span } from '@opentelemetry/api'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type onSendHookHandler,
} from 'fastify'
import type { Logger } from 'pino'
import type { Principal } from '../authority.ts'
import { DomainError } from '../errors.ts'
import { onBehalf } from '../impersonation.ts'
import type { Tracing } from '../tracing.ts'
import { Admission, type AdmissionOptions } from './admission.ts'
import type { Idempotency } from './idempotency.ts'
import { parseJsonBody } from './json-body.ts'
import { Methods } from './methods.ts'
import { openApi } from './openapi.ts'
import { problemOf } from './problem.ts'
import type { Dialect, Route } from './route.ts'
import { type StaticSite, serveStaticSite } from './static-site.ts'

export interface HttpOptions extends AdmissionOptions {
  routes: readonly Route[]
  /** What is served beside them. */
  sites: readonly StaticSite[]
  log: Logger
  version: string
  /** Where people reach the server. */
  publicUrl(): string
  bodyLimit: number
  /** Addresses and ranges of the proxies whose X-Forwarded-For is believed; false: none. */
  trustProxy: string | false
  /** Until when the headers of a request, and then a body that is no stream, must be there. */
  requestTimeoutSeconds: number
  idempotency: Idempotency
  tracing: Tracing
  /** Told of every answer, for metrics. */
  measured(route: string, method: string, status: number, seconds: number): void
}

/** RFC 6750 §3 and RFC 9449 §7.1. */
const CHALLENGES = ['Bearer', 'DPoP algs="ES256 EdDSA PS256 RS256"']
const NO_BYTES = new Uint8Array()
/** Bytes of a body that anybody may send: a log-in or a set-up. */
const PUBLIC_BODY_LIMIT = 16_384

/** The HTTP server of all domains: parse, authenticate, authorise, handle, answer. */
export function httpServer(options: HttpOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger, // few requests are told of; what is told names its own
    bodyLimit: options.bodyLimit,
    trustProxy: options.trustProxy,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    connectionTimeout: 0,
    http: {
      headersTimeout: options.requestTimeoutSeconds * 1000,
      connectionsCheckingInterval: Math.min(10_000, options.requestTimeoutSeconds * 250),
    },
    requestTimeout: 0, // streams of any length are welcome; bodies of other routes are bounded below
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => {
      describe(request, reply) // no hook runs for a URL that cannot be read
      answerProblem(error, request, reply, options)
    },
  })
  readBodies(app)
  app.decorateRequest('principal', null)
  app.decorateRequest('provenKey', null)
  app.addHook('onRequest', (request, reply, done) => {
    describe(request, reply)
    done()
  })
  traceRequests(app, options.tracing)
  app.addHook('onResponse', (request, reply, done) => {
    options.measured(request.routeOptions.url ?? 'none', request.method, reply.statusCode, reply.elapsedTime / 1000)
    done()
  })
  const endOnClose = eventStreams(app)
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, options))
  const methods = new Methods(options.routes)
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.at(request.url)
    const isRefused = allowed.length > 0 && !allowed.includes(request.method)
    if (isRefused) reply.header('allow', allowed.join(', ')) // RFC 9110 §15.5.6
    return answerProblem(new DomainError(isRefused ? 'METHOD_NOT_ALLOWED' : 'NOT_FOUND'), request, reply, options)
  })
  const admission = new Admission(options)
  for (const route of options.routes) register(app, route, options, admission, endOnClose)
  for (const site of options.sites) serveStaticSite(app, site)
  const description = openApi(options.routes, options.version)
  app.get('/openapi.json', async () => description)
  return app
}

function describe(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'x-request-id': requestIdOf(request),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
  })
}

/** Ours, which the log of the process has; or the caller's, where the protocol says so. */
function requestIdOf({ id, headers, routeOptions }: FastifyRequest): string {
  const given = routeOptions.config.dialect?.echoesRequestId && headers['x-request-id']
  return typeof given === 'string' && /^[\x20-\x7e]{1,200}$/.test(given) ? given : id
}

function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>()
  app.addHook('onRequest', (request, _reply, done) => {
    const span = tracing.request(request.method, request.routeOptions.url ?? 'none', request.headers)
    if (span) spans.set(request, span)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)
    if (span) tracing.answered(span, reply.statusCode)
    done()
  })
}

// Server-sent events have no end of their own; a client goes on elsewhere by its Last-Event-ID. Answers the hook of
// the routes that have any.
function eventStreams(app: FastifyInstance): onSendHookHandler {
  const open = new Set<FastifyReply>()
  app.addHook('preClose', async () => {
    for (const reply of open) reply.raw.destroy()
  })
  return (_request, reply, _payload, done) => {
    if (String(reply.getHeader('content-type')).startsWith(EVENT_STREAM)) {
      open.add(reply)
      reply.raw.once('close', () => open.delete(reply))
    }
    done()
  }
}

const EVENT_STREAM = 'text/event-stream'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The JSON body is left as it came. */
    raw?: boolean
    /** The body is a form. */
    form?: boolean
    dialect?: Dialect
  }
  interface FastifyRequest {
    /** Who calls; null before they are admitted. */
    principal: Principal | null
    /** Thumbprint of the key that a log-in proves, to which the session is bound; null: none. */
    provenKey: string | null
  }
}

function register(
  app: FastifyInstance,
  route: Route,
  options: HttpOptions,
  admission: Admission,
  endOnClose: onSendHookHandler,
): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { raw: route.raw === true, form: route.form === true, ...(route.dialect && { dialect: route.dialect }) },
    ...bodyLimitOf(route),
    ...(Object.values(route.answers).includes(EVENT_STREAM) ? { onSend: endOnClose } : {}),
    onRequest: async (request, reply) => {
      const timer = boundBody(request, reply, options)
      try {
        request.principal = await admission.enter(request, route)
        if (route.streams) clearTimeout(timer)
      } finally {
        clearWithBody(timer, request)
      }
    },
    handler: async (request, reply) => {
      const { principal } = request
      if (!principal) throw new Error('a request was not admitted')
      if (typeof route.permit === 'function') await admission.authorise(principal, route, request)
      const call = {
        principal,
        params: route.params?.parse(request.params) ?? request.params,
        query: route.query?.parse(request.query) ?? {},
        body: route.streams || route.raw || route.form ? undefined : route.body?.parse(request.body ?? {}),
        bytes: route.raw || route.form ? rawBody(request) : NO_BYTES,
        again: () => admission.again(request),
        cookies: options.cookies,
        request,
        reply,
      }
      if (route.dialect) reply.type(route.dialect.mediaType)
      const key = route.creates && route.permit !== 'public' ? idempotencyKey(request) : null
      const work = () => onBehalf(principal, () => route.handle(call))
      const answer = key === null ? await work() : await options.idempotency.once(principal, key, request, reply, work)
      if (reply.sent) return reply
      return route.opensSession ? options.cookies.moved(request, reply, answer) : answer
    },
  })
}

function bodyLimitOf({ permit, mostBytes }: Route): { bodyLimit?: number } {
  if (mostBytes !== undefined) return { bodyLimit: mostBytes }
  return permit === 'public' ? { bodyLimit: PUBLIC_BODY_LIMIT } : {}
}

function rawBody(request: FastifyRequest): Uint8Array {
  if (request.body instanceof Uint8Array) return request.body
  const supported = [request.routeOptions.config.form ? FORM_TYPE : JSON_TYPE]
  throw new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported })
}

function idempotencyKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new DomainError('BAD_REQUEST', { reason: 'Idempotency-Key must have 1 to 255 printable characters' })
  return key
}

// JSON is parsed here, unless the route's handler does it elsewhere; NDJSON and octets are left as streams.
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i,
    { parseAs: 'buffer' },
    (request, body, done) => {
      try {
        requireType(request)
        done(null, read(request, body as Buffer))
      } catch (error) {
        done(error as DomainError)
      }
    },
  )
  app.addContentTypeParser(FORM_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    const { form } = request.routeOptions.config
    if (form) done(null, body)
    else done(new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported: [JSON_TYPE] }))
  })
  app.addContentTypeParser(
    ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/octet-stream'],
    (_request: FastifyRequest, payload: Readable, done: (error: null, body: Readable) => void) => done(null, payload),
  )
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** JSON under another name is what the protocol of the route sends, and nothing else. */
function requireType({ headers, routeOptions }: FastifyRequest): void {
  const [given = ''] = (headers['content-type'] ?? '').split(';')
  const supported = [JSON_TYPE, ...(routeOptions.config.dialect ? [routeOptions.config.dialect.mediaType] : [])]
  if (!supported.includes(given.trim().toLowerCase())) throw new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported })
}

function read(request: FastifyRequest, body: Buffer): unknown {
  if (request.routeOptions.config.raw) return body
  return body.length === 0 ? {} : parseJsonBody(body)
}

/** A client that dribbles its body is told so and cut off. */
function boundBody(request: FastifyRequest, reply: FastifyReply, options: HttpOptions): NodeJS.Timeout {
  return setTimeout(() => {
    if (request.raw.complete) return
    if (reply.sent) request.raw.destroy()
    else answerProblem(new DomainError('REQUEST_TIMEOUT'), request, reply.header('connection', 'close'), options)
  }, options.requestTimeoutSeconds * 1000)
}

// Most bodies are there when their sender is admitted; only the others need to be listened for.
function clearWithBody(timer: NodeJS.Timeout, { raw }: FastifyRequest): void {
  const clear = () => clearTimeout(timer)
  if (raw.complete || raw.destroyed) clear()
  else raw.once('end', clear).once('close', clear)
}

function answerProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpOptions,
): FastifyReply {
  const now = new Date(options.clock.now() / 1000)
  const { retryAfter, ...problem } = problemOf(error, { requestId: request.id, now, publicUrl: options.publicUrl() })
  if (problem.status >= 500)
    options.log.error({ reqId: request.id, err: error, route: request.routeOptions.url }, 'a request failed')
  if (retryAfter !== null) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  if (problem.status === 401) reply.header('www-authenticate', CHALLENGES)
  const { dialect } = request.routeOptions.config
  if (dialect)
    return reply
      .code(dialect.status?.(problem) ?? problem.status)
      .type(dialect.mediaType)
      .send(dialect.problem(problem))
  return reply.code(problem.status).type('application/problem+json').send(problem)
}
