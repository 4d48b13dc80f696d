import { createdTenant, createTenant, tenant, tenantPage, tenantQuery, uuid } from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Tenancy } from './service.ts'

const one = z.strictObject({ id: uuid })

const SETUP_PAGE = `This is a set-up link of Probity. It makes the first administrator, once, within an hour.
Give it whole to the command line:

  probity init --setup-url 'the address above, with what stands behind #' --tenant NAME --email ADDRESS --password-file FILE

(--tenant only for the first tenant of the installation.)
`

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
      method: 'GET',
      path: '/setup',
      summary: 'What to do with a set-up link, for who opens it in a browser',
      permit: 'public',
      answers: { 200: 'text/plain' },
      async handle({ reply }) {
        reply.type('text/plain; charset=utf-8')
        return SETUP_PAGE
      },
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
