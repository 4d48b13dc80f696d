import { claimRealm, domainName, findRealm, foundRealm, realm, realmList } from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'

const one = z.strictObject({ domain: domainName })

/** Mail domains of the tenant, and where they lead. */
export function realmRoutes({ realms }: Identity): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/domains',
      summary: 'List the mail domains of the tenant',
      permit: 'domain:read',
      answers: { 200: realmList },
      handle: ({ principal }) => realms.list(principal.tenantId),
    }),
    route({
      method: 'POST',
      path: '/v1/domains',
      summary: 'Claim a mail domain, or send its people to another provider',
      permit: 'domain:write',
      changes: true,
      body: claimRealm,
      answers: { 200: realm },
      handle: ({ principal, body }) => realms.claim(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/domains/:domain/verify',
      summary: 'Look at DNS whether a mail domain is yours; then its people are led here',
      permit: 'domain:write',
      changes: true,
      params: one,
      answers: { 200: realm },
      handle: ({ principal, params }) => realms.verify(principal, params.domain),
    }),
    route({
      method: 'DELETE',
      path: '/v1/domains/:domain',
      summary: 'Give a mail domain up',
      permit: 'domain:write',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await realms.remove(principal, params.domain)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/realm',
      summary: 'Which tenant and provider an address belongs to, by its domain alone',
      permit: 'public',
      body: findRealm,
      answers: { 200: foundRealm },
      handle: ({ body }) => realms.find(body.email),
    }),
  ]
}
