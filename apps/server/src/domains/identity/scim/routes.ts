import { scimBulk, scimErrorBody, scimList, scimPatch, scimQuery, scimResource, scimSearch } from '@probity/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Principal } from '../../../platform/authority.ts'
import { DomainError } from '../../../platform/errors.ts'
import { type Dialect, type Route, route } from '../../../platform/http/route.ts'
import type { ResourceType } from './attributes.ts'
import { GROUPS_TYPE, USERS } from './attributes.ts'
import { BULK_REQUEST, operationsOf, requireMessage, SEARCH_REQUEST, scimError } from './messages.ts'
import type { Versioned } from './people.ts'
import { entityTag, isUnchanged } from './person.ts'
import { project, projectionOf, type Resource } from './resource.ts'
import type { Resources, Scim } from './service.ts'

const dialect: Dialect = { mediaType: 'application/scim+json', error: scimErrorBody, problem: scimError }
const one = z.strictObject({ id: z.string().max(300) })
/** What of one resource is asked for. */
const part = scimQuery.pick({ attributes: true, excludedAttributes: true })
const usual = { permit: 'directory:provision', dialect } as const

/** SCIM 2.0 (RFC 7644). */
export function scimRoutes(scim: Scim): Route[] {
  return [
    ...discoveryRoutes(scim),
    ...resourceRoutes(USERS, scim.users, 'people'),
    ...resourceRoutes(GROUPS_TYPE, scim.groups, 'groups'),
    route({
      ...usual,
      method: 'POST',
      path: '/scim/v2/Bulk',
      summary: 'SCIM: do many operations in turn',
      changes: true,
      body: scimBulk,
      answers: { 200: scimResource },
      async handle({ principal, body }) {
        requireMessage(BULK_REQUEST, body.schemas)
        return scim.bulk(clientOf(principal), body)
      },
    }),
  ]
}

function discoveryRoutes({ discovery }: Scim): Route[] {
  return [
    route({
      ...usual,
      method: 'GET',
      path: '/scim/v2/ServiceProviderConfig',
      summary: 'SCIM: what the service can do',
      answers: { 200: scimResource },
      handle: async () => discovery.configuration(),
    }),
    route({
      ...usual,
      method: 'GET',
      path: '/scim/v2/ResourceTypes',
      summary: 'SCIM: kinds of resources',
      answers: { 200: scimList },
      handle: async () => discovery.resourceTypes(),
    }),
    route({
      ...usual,
      method: 'GET',
      path: '/scim/v2/ResourceTypes/:id',
      summary: 'SCIM: one kind of resources',
      params: one,
      answers: { 200: scimResource },
      handle: async ({ params }) => discovery.resourceType(params.id),
    }),
    route({
      ...usual,
      method: 'GET',
      path: '/scim/v2/Schemas',
      summary: 'SCIM: schemas of resources',
      answers: { 200: scimList },
      handle: async () => discovery.schemas(),
    }),
    route({
      ...usual,
      method: 'GET',
      path: '/scim/v2/Schemas/:id',
      summary: 'SCIM: one schema of resources',
      params: one,
      answers: { 200: scimResource },
      handle: async ({ params }) => discovery.schema(params.id),
    }),
  ]
}

function resourceRoutes(type: ResourceType, resources: Resources, plural: string): Route[] {
  const path = `/scim/v2${type.endpoint}`
  return [
    route({
      ...usual,
      method: 'GET',
      path,
      summary: `SCIM: list ${plural}`,
      query: scimQuery,
      answers: { 200: scimList },
      handle: ({ principal, query }) => resources.list(clientOf(principal), query),
    }),
    route({
      ...usual,
      method: 'POST',
      path: `${path}/.search`,
      summary: `SCIM: list ${plural}, with what is asked in the body`,
      body: scimSearch,
      answers: { 200: scimList },
      async handle({ principal, body: { schemas = [], ...query } }) {
        requireMessage(SEARCH_REQUEST, schemas)
        return resources.list(clientOf(principal), query)
      },
    }),
    route({
      ...usual,
      method: 'POST',
      path,
      summary: `SCIM: add one of the ${plural}`,
      changes: true,
      query: part,
      body: scimResource,
      answers: { 201: scimResource },
      async handle({ principal, query, body, reply }) {
        const made = await resources.create(clientOf(principal), body)
        reply.code(201).header('location', locationOf(made.resource))
        return answer(type, made, query, reply)
      },
    }),
    route({
      ...usual,
      method: 'GET',
      path: `${path}/:id`,
      summary: `SCIM: get one of the ${plural}`,
      params: one,
      query: part,
      answers: { 200: scimResource },
      async handle({ principal, params, query, request, reply }) {
        const found = await resources.get(clientOf(principal), params.id)
        if (!isUnchanged(request.headers['if-none-match'], found.version)) return answer(type, found, query, reply)
        reply.code(304).header('etag', entityTag(found.version))
        return null
      },
    }),
    route({
      ...usual,
      method: 'PUT',
      path: `${path}/:id`,
      summary: `SCIM: put another in the place of one of the ${plural}`,
      changes: true,
      params: one,
      query: part,
      body: scimResource,
      answers: { 200: scimResource },
      async handle({ principal, params, query, body, request, reply }) {
        return answer(
          type,
          await resources.replace(clientOf(principal), params.id, body, ifMatch(request)),
          query,
          reply,
        )
      },
    }),
    route({
      ...usual,
      method: 'PATCH',
      path: `${path}/:id`,
      summary: `SCIM: change one of the ${plural}`,
      changes: true,
      params: one,
      query: part,
      body: scimPatch,
      answers: { 200: scimResource },
      async handle({ principal, params, query, body, request, reply }) {
        const changed = await resources.patch(clientOf(principal), params.id, operationsOf(body), ifMatch(request))
        return answer(type, changed, query, reply)
      },
    }),
    route({
      ...usual,
      method: 'DELETE',
      path: `${path}/:id`,
      summary: `SCIM: take one of the ${plural} away`,
      changes: true,
      params: one,
      answers: { 204: z.null() },
      async handle({ principal, params, request, reply }) {
        await resources.remove(clientOf(principal), params.id, ifMatch(request))
        reply.code(204)
        return null
      },
    }),
  ]
}

function answer(
  type: ResourceType,
  { resource, version }: Versioned,
  { attributes, excludedAttributes }: z.output<typeof part>,
  reply: FastifyReply,
): Resource {
  reply.header('etag', entityTag(version))
  return project(type, resource, projectionOf(type, attributes, excludedAttributes))
}

/** What a client keeps is its own, and outlives who made it: it is an account of an application. Throws SCOPE_MISSING. */
function clientOf(principal: Principal): Principal {
  if (principal.userKind === 'service') return principal
  throw new DomainError('SCOPE_MISSING', { reason: 'a SCIM client has the token of a service account of its own' })
}

function locationOf({ meta }: Resource): string {
  return String((meta as { location: string }).location) // as `metaOf` made it
}

function ifMatch({ headers }: FastifyRequest): string | undefined {
  return headers['if-match']
}
