import { createExclusion, exclusionPage, exclusionQuery, roleExclusion, uuid } from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Access } from './service.ts'

/** Separation of duties. */
export function exclusionRoutes({ exclusions }: Access): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/role-exclusions',
      summary: 'List which roles exclude each other',
      permit: 'role_exclusion:read',
      query: exclusionQuery,
      answers: { 200: exclusionPage },
      handle: ({ principal, query }) => exclusions.list(principal.tenantId, query),
    }),
    route({
      method: 'POST',
      path: '/v1/role-exclusions',
      summary: 'Have two roles exclude each other: nobody has both, or nobody uses both at once',
      permit: 'role_exclusion:write',
      changes: true,
      creates: true,
      body: createExclusion,
      answers: { 201: roleExclusion },
      async handle({ principal, body, reply }) {
        const made = await exclusions.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/role-exclusions/:id',
      summary: 'Have two roles exclude each other no more',
      permit: 'role_exclusion:write',
      changes: true,
      params: z.strictObject({ id: uuid }),
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await exclusions.remove(principal, params.id)
        return null
      },
    }),
  ]
}
