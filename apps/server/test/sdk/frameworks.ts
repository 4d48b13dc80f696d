import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { guard as expressGuard } from '@probity/sdk/express'
import { guard as fastifyGuard } from '@probity/sdk/fastify'
import { type Guarded, type GuardOptions, guard as honoGuard, type Passed, type Permission } from '@probity/sdk/hono'
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

export interface Application {
  url: string
  /** How often its handler ran. */
  ran(): number
  stop(): Promise<void>
}

/** An application whose `GET /documents/:id` requires permissions, and answers with what its handler reads of them. */
export type Framework = (options: Options, permissions: Permissions) => Promise<Application>

export const FRAMEWORKS: Record<string, Framework> = { express: onExpress, fastify: onFastify, hono: onHono }

async function onExpress(options: Options, permissions: Permissions): Promise<Application> {
  const app = express()
  const handler = new Handler()
  app.set('env', 'test') // it tells nobody of what was thrown
  const seen = (request: Request): Seen => ({
    id: String(request.params.id),
    header: (name) => request.get(name),
  })
  const probity = expressGuard<Request>(optionsFor(options, seen))
  const required = permissions.map((one) => probity.require(permissionFor(one, seen)))
  app.get('/documents/:id', ...required, (request, response) => {
    response.json(handler.run(request.probity))
  })
  return listening(createServer(app), handler)
}

async function onFastify(options: Options, permissions: Permissions): Promise<Application> {
  const app = fastify({ forceCloseConnections: true })
  const handler = new Handler()
  type Asked = FastifyRequest<{ Params: { id: string } }>
  const seen = (request: Asked): Seen => ({
    id: request.params.id,
    header: (name) => request.headers[name]?.toString(),
  })
  const probity = fastifyGuard<Asked>(optionsFor(options, seen))
  const preHandler = permissions.map((one) => probity.require(permissionFor(one, seen)))
  app.get<{ Params: { id: string } }>('/documents/:id', { preHandler }, async (request) => handler.run(request.probity))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, ran: () => handler.ran, stop: () => app.close() }
}

async function onHono(options: Options, permissions: Permissions): Promise<Application> {
  const app = new Hono<Guarded>()
  const handler = new Handler()
  app.onError((_error, context) => context.text('it failed', 500)) // it tells nobody of what was thrown
  const seen = (context: Context<Guarded>): Seen => ({
    id: context.req.param('id') ?? '',
    header: (name) => context.req.header(name),
  })
  const probity = honoGuard<Context<Guarded>>(optionsFor(options, seen))
  for (const one of permissions) app.use('/documents/:id', probity.require(permissionFor(one, seen)))
  app.get('/documents/:id', (context) => context.json(handler.run(context.get('probity'))))
  return listening(createServer(getRequestListener(app.fetch)), handler)
}

class Handler {
  ran = 0

  run(passed: Passed | undefined) {
    this.ran++
    return { came: 'through', passed: passed ?? null }
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
