import { createdTenant, createTenant, tenant, tenantPage, tenantQuery, uuid } from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Tenancy } from './service.ts'

const one = z.strictObject({ id: uuid })

export function tenancyRoutes(tenancy: Tenancy): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/tenants',
      summary: 'Create a tenant',
      permit: 'tenant:operate',
      changes: true,
      creates: true,
      body: createTenant,
      answers: { 201: createdTenant },
      async handle({ principal, body, reply }) {
        reply.code(201)
        return tenancy.create(principal, body)
      },
    }),
    route({
      method: 'GET',
      path: '/v1/tenants',
      summary: 'List tenants',
      permit: 'tenant:operate',
      query: tenantQuery,
      answers: { 200: tenantPage },
      handle: ({ query }) => tenancy.list(query.cursor, query.limit),
    }),
    route({
      method: 'GET',
      path: '/v1/tenants/:id',
      summary: 'Read a tenant',
      permit: 'tenant:operate',
      params: one,
      answers: { 200: tenant },
      handle: ({ params }) => tenancy.get(params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/tenants/:id/setup-link',
      summary: 'Another set-up link for a tenant that has no administrator yet',
      permit: 'tenant:operate',
      changes: true,
      params: one,
      answers: { 200: createdTenant },
      handle: ({ principal, params }) => tenancy.renewLink(principal, params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/tenants/:id/suspend',
      summary: 'Make a tenant read-only',
      permit: 'tenant:operate',
      changes: true,
      params: one,
      answers: { 200: tenant },
      handle: ({ principal, params }) => tenancy.setActive(principal, params.id, false),
    }),
    route({
      method: 'POST',
      path: '/v1/tenants/:id/reactivate',
      summary: 'Let a suspended tenant write again',
      permit: 'tenant:operate',
      changes: true,
      params: one,
      answers: { 200: tenant },
      handle: ({ principal, params }) => tenancy.setActive(principal, params.id, true),
    }),
  ]
}
