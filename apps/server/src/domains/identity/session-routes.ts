import { askedUuid, login, loginAnswered, refresh, sessionList, sessionOpened, sessionsEnded } from '@probity/contract'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DomainError } from '../../platform/errors.ts'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'
import type { Client } from './sessions.ts'

const one = z.strictObject({ id: askedUuid })
const nothing = z.null()
const MOST_USER_AGENT = 1000

/** Log-in, and what becomes of sessions. */
export function sessionRoutes({ sessions, access }: Identity): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/auth/login',
      summary: 'Start a session',
      description:
        'Where a second factor is wanted the answer says so, and the same request is sent again with it. Whether there is an account is not told.',
      permit: 'public',
      opensSession: true,
      mostBytes: 310_000, // a SAML answer
      body: login,
      answers: { 200: loginAnswered },
      handle({ body, cookies, request }) {
        return access.logIn(body, clientOf(request), cookies.deviceOf(request))
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/refresh',
      summary: 'Get the next tokens of a session; the refresh token is good once',
      permit: 'public',
      opensSession: true,
      body: refresh,
      answers: { 200: sessionOpened },
      handle({ body, cookies, request }) {
        const token = body.refresh_token ?? cookies.refreshOf(request)
        if (token === null) throw new DomainError('UNAUTHENTICATED', { reason: 'there is no refresh token' })
        return sessions.refresh(token, clientOf(request))
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/logout',
      summary: 'End the session that calls',
      permit: 'own',
      answers: { 200: nothing },
      async handle({ principal, cookies, reply }) {
        await sessions.end(principal)
        cookies.clear(reply)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/me/sessions',
      summary: 'List your own sessions',
      permit: 'own',
      answers: { 200: sessionList },
      handle: ({ principal }) => sessions.list(principal),
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/sessions',
      summary: 'End all your sessions but the one that calls',
      permit: 'own',
      answers: { 200: sessionsEnded },
      handle: ({ principal }) => sessions.endOthers(principal),
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/sessions/:id',
      summary: 'End a session of yours',
      permit: 'own',
      params: one,
      answers: { 200: nothing },
      async handle({ principal, params }) {
        await sessions.endOwn(principal, params.id)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users/:id/sessions',
      summary: 'List the sessions of somebody of the tenant',
      permit: 'session:end',
      params: one,
      answers: { 200: sessionList },
      handle: ({ principal, params }) => sessions.ofPerson(principal, params.id),
    }),
    route({
      method: 'DELETE',
      path: '/v1/sessions/:id',
      summary: 'End a session of the tenant',
      permit: 'session:end',
      changes: true,
      params: one,
      answers: { 200: nothing },
      async handle({ principal, params }) {
        await sessions.revoke(principal, params.id)
        return null
      },
    }),
  ]
}

/** Where a request came from, and by which key. */
export function clientOf(request: FastifyRequest): Client {
  const user_agent = request.headers['user-agent']?.slice(0, MOST_USER_AGENT) ?? null
  return { ip_address: request.ip, user_agent, provenKey: request.provenKey }
}
