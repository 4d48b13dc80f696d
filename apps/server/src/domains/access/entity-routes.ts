import { entitiesChanged, entityPage, entityQuery, putEntities, removeEntities } from '@probity/contract'
import { type Route, route } from '../../platform/http/route.ts'
import type { Access } from './service.ts'

/** What an application tells of its resources and people. */
export function entityRoutes({ entities }: Access): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/access/entities',
      summary: 'List what applications told of their resources and people',
      permit: 'entity:read',
      query: entityQuery,
      answers: { 200: entityPage },
      handle: ({ principal, query }) => entities.list(principal.tenantId, query),
    }),
    route({
      method: 'PUT',
      path: '/v1/access/entities',
      summary: 'Tell of resources and people: their attributes, and what they are in',
      permit: 'entity:write',
      changes: true,
      body: putEntities,
      answers: { 200: entitiesChanged },
      handle: ({ principal, body }) => entities.put(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/access/entities/remove',
      summary: 'Take back what was told of resources and people',
      permit: 'entity:write',
      changes: true,
      body: removeEntities,
      answers: { 200: entitiesChanged },
      handle: ({ principal, body }) => entities.remove(principal, body),
    }),
  ]
}
