import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import * as expressSide from '@probity/sdk/express'
import * as fastifySide from '@probity/sdk/fastify'
import type {
  Answered,
  Guarded,
  GuardOptions,
  Passed,
  Permission,
  RecordOptions,
  RequestEvent,
  Session,
  SessionOptions,
  SessionRequired,
} from '@probity/sdk/hono'
import * as honoSide from '@probity/sdk/hono'
import express, { type Request } from 'express'
import { type FastifyRequest, fastify } from 'fastify'
import { type Context, Hono } from 'hono'

/** What the tests' application sees of a request, in whichever framework. */
export interface Seen {
  id: string
  header(name: string): string | undefined
}

/** Options and permissions in words that are of no framework. */
export type Options = GuardOptions<Seen>
export type Permissions = readonly Permission<Seen>[]

/** What an application has in front of its handler. */
export interface InFront {
  audit?: RecordOptions<Seen>
  sessions?: SessionOptions<Seen>
  /** What a session has to be; nobody comes through too without it. */
  required?: SessionRequired
  guard?: Options
  permissions?: Permissions
}

export interface Application {
  url: string
  /** How often its handler ran. */
  ran(): number
  stop(): Promise<void>
}

/** An application whose `GET /documents/:id` has all that in front, and answers with what its handler reads of it. */
export type Framework = (inFront: InFront) => Promise<Application>

export const FRAMEWORKS: Record<string, Framework> = { express: onExpress, fastify: onFastify, hono: onHono }

async function onExpress({ audit, sessions, required, guard, permissions = [] }: InFront): Promise<Application> {
  const app = express()
  const handler = new Handler()
  app.set('env', 'test') // it tells nobody of what was thrown
  app.set('trust proxy', true) // so that a visitor says where they are
  const seen = (request: Request): Seen => ({
    id: String(request.params.id),
    header: (name) => request.get(name),
  })
  if (audit) app.use(expressSide.audit<Request>(recordFor(audit, seen)))
  const session = sessions && expressSide.sessions<Request>(sessionsFor(sessions, seen))
  if (session) app.use('/documents/:id', required ? session.require(required) : session.identify)
  const probity = guard && expressSide.guard<Request>({ ...optionsFor(guard, seen), ...session })
  const steps = probity ? permissions.map((one) => probity.require(permissionFor(one, seen))) : []
  app.get('/documents/:id', ...steps, (request, response) => {
    response.json(handler.run(request.probity, request.probitySession))
  })
  return listening(createServer(app), handler)
}

async function onFastify({ audit, sessions, required, guard, permissions = [] }: InFront): Promise<Application> {
  const app = fastify({ forceCloseConnections: true, trustProxy: true, routerOptions: { maxParamLength: 10_000 } })
  const handler = new Handler()
  type Asked = FastifyRequest<{ Params: { id: string } }>
  const seen = (request: Asked): Seen => ({
    id: request.params.id,
    header: (name) => request.headers[name]?.toString(),
  })
  if (audit) app.addHook<{ Params: { id: string } }>('onRequest', fastifySide.audit<Asked>(recordFor(audit, seen)))
  const session = sessions && fastifySide.sessions<Asked>(sessionsFor(sessions, seen))
  const onRequest = session ? [required ? session.require(required) : session.identify] : []
  const probity = guard && fastifySide.guard<Asked>({ ...optionsFor(guard, seen), ...session })
  const preHandler = probity ? permissions.map((one) => probity.require(permissionFor(one, seen))) : []
  app.get<{ Params: { id: string } }>('/documents/:id', { onRequest, preHandler }, async (request) =>
    handler.run(request.probity, request.probitySession),
  )
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, ran: () => handler.ran, stop: () => app.close() }
}

async function onHono({ audit, sessions, required, guard, permissions = [] }: InFront): Promise<Application> {
  const app = new Hono<Guarded>()
  const handler = new Handler()
  app.onError((_error, context) => context.text('it failed', 500)) // it tells nobody of what was thrown
  type Asked = Context<Guarded>
  const seen = (context: Asked): Seen => ({
    id: context.req.param('id') ?? '',
    header: (name) => context.req.header(name),
  })
  if (audit) {
    const address = (context: Asked) =>
      context.req.header('x-forwarded-for') ?? getConnInfo(context).remote.address ?? null
    app.use(honoSide.audit<Asked>({ ...recordFor(audit, seen), address }))
  }
  const session = sessions && honoSide.sessions<Asked>(sessionsFor(sessions, seen))
  if (session) app.use('/documents/:id', required ? session.require(required) : session.identify)
  const probity = guard && honoSide.guard<Asked>({ ...optionsFor(guard, seen), ...session })
  if (probity) for (const one of permissions) app.use('/documents/:id', probity.require(permissionFor(one, seen)))
  app.get('/documents/:id', (context) =>
    context.json(handler.run(context.get('probity'), context.get('probitySession'))),
  )
  return listening(createServer(getRequestListener(app.fetch)), handler)
}

class Handler {
  ran = 0

  run(passed: Passed | undefined, session: Session | undefined) {
    this.ran++
    return { came: 'through', passed: passed ?? null, session: session ?? null }
  }
}

function optionsFor<R>({ subject, steppedUp, onUnavailable, ...options }: Options, seen: (of: R) => Seen) {
  return {
    ...options,
    subject: (request: R) => subject(seen(request)),
    ...(steppedUp && { steppedUp: (request: R, age: number | null) => steppedUp(seen(request), age) }),
    ...(onUnavailable && { onUnavailable: (error: unknown, request: R) => onUnavailable(error, seen(request)) }),
  }
}

function sessionsFor<R>({ token, onUnavailable, ...options }: SessionOptions<Seen>, seen: (of: R) => Seen) {
  return {
    ...options,
    ...(token && { token: (request: R) => token(seen(request)) }),
    ...(onUnavailable && { onUnavailable: (error: unknown, request: R) => onUnavailable(error, seen(request)) }),
  }
}

function recordFor<R>({ queue, subject, event, onError }: RecordOptions<Seen>, seen: (of: R) => Seen) {
  return {
    queue,
    ...(subject && { subject: (request: R) => subject(seen(request)) }),
    ...(event && {
      event: (request: R, answered: Answered, standard: RequestEvent) => event(seen(request), answered, standard),
    }),
    ...(onError && { onError: (error: unknown, request: R) => onError(error, seen(request)) }),
  }
}

function permissionFor<R>({ resource, attributes, context, ...permission }: Permission<Seen>, seen: (of: R) => Seen) {
  return {
    ...permission,
    resource: (request: R) => resource(seen(request)),
    ...(attributes && { attributes: (request: R) => attributes(seen(request)) }),
    ...(context && { context: (request: R) => context(seen(request)) }),
  }
}

async function listening(server: Server, handler: Handler): Promise<Application> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ran: () => handler.ran,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
