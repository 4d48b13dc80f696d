import {
  apiToken,
  createdToken,
  createToken,
  loggedIn,
  login,
  setup,
  setupDone,
  tokenPage,
  tokenQuery,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'

const one = z.strictObject({ id: uuid })
const nothing = z.null()

export function identityRoutes(identity: Identity): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/setup',
      summary: 'Make the first administrator with a set-up link',
      scopes: 'public',
      body: setup,
      answers: { 201: setupDone },
      async handle({ body, reply }) {
        const done = await identity.setUp(body)
        reply.code(201)
        return done
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/login',
      summary: 'Start a session',
      scopes: 'public',
      body: login,
      answers: { 200: loggedIn },
      handle: ({ body, request }) =>
        identity.logIn(body, {
          ip_address: request.ip,
          user_agent: request.headers['user-agent']?.slice(0, 1000) ?? null,
        }),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/logout',
      summary: 'End the session that calls',
      scopes: [],
      answers: { 200: nothing },
      async handle({ principal }) {
        await identity.logOut(principal)
        return null
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/sessions/:id',
      summary: 'End a session of the tenant',
      scopes: ['tenant:admin'],
      changes: true,
      params: one,
      answers: { 200: nothing },
      async handle({ principal, params }) {
        await identity.revokeSession(principal, params.id)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/tokens',
      summary: 'Create an API token',
      scopes: ['tenant:admin'],
      changes: true,
      creates: true,
      body: createToken,
      answers: { 201: createdToken },
      async handle({ principal, body, reply }) {
        const created = await identity.createToken(principal, body)
        reply.code(201)
        return created
      },
    }),
    route({
      method: 'GET',
      path: '/v1/tokens',
      summary: 'List API tokens',
      scopes: ['tenant:admin'],
      query: tokenQuery,
      answers: { 200: tokenPage },
      handle: ({ principal, query }) => identity.listTokens(principal, query.cursor, query.limit),
    }),
    route({
      method: 'DELETE',
      path: '/v1/tokens/:id',
      summary: 'Revoke an API token',
      scopes: ['tenant:admin'],
      changes: true,
      params: one,
      answers: { 200: apiToken },
      handle: ({ principal, params }) => identity.revokeToken(principal, params.id),
    }),
  ]
}
