import { apiToken, createdToken, createToken, setup, setupDone, tokenPage, tokenQuery, uuid } from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import { connectionRoutes } from './connection-routes.ts'
import { factorRoutes } from './factor-routes.ts'
import { groupRoutes } from './group-routes.ts'
import { providerRoutes } from './provider/routes.ts'
import { realmRoutes } from './realm-routes.ts'
import { ruleRoutes } from './rule-routes.ts'
import { scimRoutes } from './scim/routes.ts'
import type { Identity } from './service.ts'
import { sessionRoutes } from './session-routes.ts'
import { userRoutes } from './user-routes.ts'

const one = z.strictObject({ id: uuid })

export function identityRoutes(identity: Identity): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/setup',
      summary: 'Make the first administrator with a set-up link',
      permit: 'public',
      body: setup,
      answers: { 201: setupDone },
      async handle({ body, reply }) {
        const done = await identity.setUp(body)
        reply.code(201)
        return done
      },
    }),
    ...sessionRoutes(identity),
    ...userRoutes(identity),
    ...factorRoutes(identity),
    ...ruleRoutes(identity),
    ...connectionRoutes(identity),
    ...groupRoutes(identity),
    ...realmRoutes(identity),
    ...scimRoutes(identity.scim),
    ...providerRoutes(identity.provider),
    route({
      method: 'POST',
      path: '/v1/tokens',
      summary: 'Create an API token',
      permit: 'token:write',
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
      permit: 'token:read',
      query: tokenQuery,
      answers: { 200: tokenPage },
      handle: ({ principal, query }) => identity.listTokens(principal, query.cursor, query.limit),
    }),
    route({
      method: 'DELETE',
      path: '/v1/tokens/:id',
      summary: 'Revoke an API token',
      permit: 'token:write',
      changes: true,
      params: one,
      answers: { 200: apiToken },
      handle: ({ principal, params }) => identity.revokeToken(principal, params.id),
    }),
  ]
}
