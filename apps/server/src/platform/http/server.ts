import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import { type Principal, requireActive, requireScopes } from '../authority.ts'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Idempotency } from './idempotency.ts'
import { parseJsonBody } from './json-body.ts'
import { openApi } from './openapi.ts'
import { problemOf } from './problem.ts'
import { RateLimit } from './rate-limit.ts'
import type { Route } from './route.ts'

export interface HttpOptions {
  routes: readonly Route[]
  log: Logger
  clock: Clock
  version: string
  bodyLimit: number
  trustProxy: boolean
  ratePerSecond: number
  publicRatePerSecond: number
  /** Finds who calls; throws UNAUTHENTICATED. */
  authenticate(token: string | null): Promise<Principal>
  /** Told of every refusal and of every use of a sensitive scope, before the work is done. */
  observe(principal: Principal, route: Route, verdict: 'refused' | 'sensitive'): Promise<void>
  idempotency: Idempotency
  /** Told of every answer, for metrics. */
  measured(route: string, method: string, status: number, seconds: number): void
}

const NO_BYTES = new Uint8Array()
const PUBLIC_BURST = 6 // times the rate
const REQUEST_TIMEOUT_MILLISECONDS = 30_000

/** The HTTP server of all domains: parse, authenticate, authorise, handle, answer. */
export function httpServer(options: HttpOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    trustProxy: options.trustProxy,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    connectionTimeout: 0,
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
  app.addHook('onRequest', async (request, reply) => describe(request, reply))
  app.addHook('onResponse', async (request, reply) =>
    options.measured(request.routeOptions.url ?? 'none', request.method, reply.statusCode, reply.elapsedTime / 1000),
  )
  endEventStreamsOnClose(app)
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, options))
  app.setNotFoundHandler((request, reply) => answerProblem(new DomainError('NOT_FOUND'), request, reply, options))
  const limits = {
    byPrincipal: new RateLimit(options.ratePerSecond, options.ratePerSecond * 2),
    byAddress: new RateLimit(options.publicRatePerSecond, options.publicRatePerSecond * PUBLIC_BURST),
  }
  for (const route of options.routes) register(app, route, options, limits)
  const description = openApi(options.routes, options.version)
  app.get('/openapi.json', async () => description)
  return app
}

function describe(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'x-request-id': request.id,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
  })
}

// Server-sent events have no end of their own; a client goes on elsewhere by its Last-Event-ID.
function endEventStreamsOnClose(app: FastifyInstance): void {
  const open = new Set<FastifyReply>()
  app.addHook('onSend', async (_request, reply) => {
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) return
    open.add(reply)
    reply.raw.once('close', () => open.delete(reply))
  })
  app.addHook('preClose', async () => {
    for (const reply of open) reply.raw.destroy()
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The JSON body is left as it came. */
    raw?: boolean
  }
}

type Limits = { byPrincipal: RateLimit; byAddress: RateLimit }

function register(app: FastifyInstance, route: Route, options: HttpOptions, limits: Limits): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { raw: route.raw === true },
    ...(route.streams ? {} : { onRequest: boundedBody }),
    handler: async (request, reply) => {
      const principal = await admit(request, route, options, limits)
      const call = {
        principal,
        params: route.params?.parse(request.params) ?? request.params,
        query: route.query?.parse(request.query) ?? {},
        body: route.streams || route.raw ? undefined : route.body?.parse(request.body ?? {}),
        bytes: route.raw ? rawBody(request) : NO_BYTES,
        request,
        reply,
      }
      const key = route.creates && route.scopes !== 'public' ? idempotencyKey(request) : null
      const work = () => route.handle(call)
      const answer = key === null ? await work() : await options.idempotency.once(principal, key, request, reply, work)
      return reply.sent ? reply : answer
    },
  })
}

function rawBody(request: FastifyRequest): Uint8Array {
  if (request.body instanceof Uint8Array) return request.body
  throw new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported: ['application/json'] })
}

/** Authenticates and authorises; public routes are only limited by source address. */
async function admit(request: FastifyRequest, route: Route, options: HttpOptions, limits: Limits): Promise<Principal> {
  const now = options.clock.now() / 1000
  if (route.scopes === 'public') {
    if (route.method !== 'GET') limits.byAddress.take(request.ip, now)
    return NOBODY
  }
  const principal = await options.authenticate(bearer(request))
  limits.byPrincipal.take(principal.id, now)
  const needed =
    typeof route.scopes === 'function'
      ? route.scopes({ ...asObject(request.query), ...asObject(request.body) })
      : route.scopes
  try {
    requireScopes(principal, needed)
    if (route.changes) requireActive(principal)
  } catch (error) {
    await options.observe(principal, route, 'refused')
    throw error
  }
  await options.observe(principal, { ...route, scopes: needed }, 'sensitive')
  return principal
}

const NOBODY: Principal = { kind: 'token', id: '', tenantId: '', userId: '', scopes: [], tenantActive: false }

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function bearer(request: FastifyRequest): string | null {
  return /^Bearer ([\w-]{20,200})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
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
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, read(request, body as Buffer))
    } catch (error) {
      done(error as DomainError)
    }
  })
  app.addContentTypeParser(
    ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/octet-stream'],
    (_request: FastifyRequest, payload: Readable, done: (error: null, body: Readable) => void) => done(null, payload),
  )
}

function read(request: FastifyRequest, body: Buffer): unknown {
  if (request.routeOptions.config.raw) return body
  return body.length === 0 ? {} : parseJsonBody(body)
}

// A client that dribbles its body is cut off: 30 seconds for a request that is not a stream.
async function boundedBody(request: FastifyRequest): Promise<void> {
  const timer = setTimeout(() => request.raw.destroy(new DomainError('REQUEST_TIMEOUT')), REQUEST_TIMEOUT_MILLISECONDS)
  request.raw.once('end', () => clearTimeout(timer))
  request.raw.once('close', () => clearTimeout(timer))
}

function answerProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpOptions,
): FastifyReply {
  const { retryAfter, ...problem } = problemOf(error, request.id, new Date(options.clock.now() / 1000))
  if (problem.status >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'a request failed')
  if (retryAfter !== null) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(problem.status).type('application/problem+json').send(problem)
}
