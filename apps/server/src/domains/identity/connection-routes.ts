import {
  changeConnection,
  connection,
  connectionCheck,
  connectionList,
  createConnection,
  federationStarted,
  finishFederation,
  identityList,
  linkIdentity,
  readSamlMetadata,
  samlProvider,
  sessionOpened,
  startFederation,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import { providerIn } from './saml-metadata.ts'
import { samlPage } from './saml-page.ts'
import type { Identity } from './service.ts'
import { clientOf } from './session-routes.ts'

const one = z.strictObject({ id: uuid })
const ours = z.strictObject({ tenant: uuid, id: uuid })
/** Answers by SAML are long: they carry certificates and groups. */
const SAML_BYTES = 500_000

/** Log-in through identity providers of others, and which of them a tenant has. */
export function connectionRoutes({ connections, connectionChecks, federation }: Identity): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/connections',
      summary: 'List the identity providers of the tenant',
      permit: 'connection:read',
      answers: { 200: connectionList },
      handle: ({ principal }) => connections.list(principal.tenantId),
    }),
    route({
      method: 'POST',
      path: '/v1/connections',
      summary: 'Add an OpenID provider',
      permit: 'connection:write',
      changes: true,
      creates: true,
      body: createConnection,
      answers: { 201: connection },
      async handle({ principal, body, reply }) {
        const created = await connections.create(principal, body)
        reply.code(201)
        return created
      },
    }),
    route({
      method: 'POST',
      path: '/v1/connections/saml-metadata',
      summary: 'Read what a SAML provider publishes of itself, to make a connection of',
      permit: 'connection:write',
      mostBytes: SAML_BYTES,
      body: readSamlMetadata,
      answers: { 200: samlProvider },
      handle: async ({ body }) => providerIn(body.metadata),
    }),
    route({
      method: 'PATCH',
      path: '/v1/connections/:id',
      summary: 'Change an identity provider',
      permit: 'connection:write',
      changes: true,
      params: one,
      body: changeConnection,
      answers: { 200: connection },
      handle: ({ principal, params, body }) => connections.change(principal, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/v1/connections/:id',
      summary: 'Take an identity provider away; accounts stay',
      permit: 'connection:write',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await connections.remove(principal, params.id)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/connections/:id/check',
      summary: 'Ask the provider whether people could log in, and say what is wrong',
      permit: 'connection:write',
      params: one,
      answers: { 200: connectionCheck },
      handle: ({ principal, params }) => connectionChecks.check(principal.tenantId, params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/sso',
      summary: 'Begin a log-in at an identity provider',
      permit: 'public',
      body: startFederation,
      answers: { 200: federationStarted },
      handle: ({ body }) => federation.start(body.tenant, body.connection),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/saml',
      summary: 'Where a provider has the browser post its answer: a page that keeps it for /sso',
      permit: 'public',
      form: true,
      mostBytes: SAML_BYTES,
      answers: { 200: 'text/html' },
      handle: async ({ bytes, reply }) => samlPage(bytes, reply),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/sso/logout/:tenant/:id',
      summary: 'Where a provider says that somebody has logged out there: their sessions by it end',
      permit: 'public',
      form: true,
      params: ours,
      answers: { 200: z.null() },
      async handle({ params, bytes }) {
        const token = new URLSearchParams(Buffer.from(bytes).toString()).get('logout_token') ?? ''
        await federation.loggedOut(params.tenant, params.id, token)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/auth/saml/:tenant/:id',
      summary: 'Our metadata for a provider that speaks SAML',
      permit: 'public',
      params: ours,
      answers: { 200: 'application/samlmetadata+xml' },
      async handle({ params, reply }) {
        const text = await connections.metadata(params.tenant, params.id)
        reply.type('application/samlmetadata+xml')
        return text
      },
    }),
    route({
      method: 'GET',
      path: '/v1/me/identities',
      summary: 'List the identities at providers that open your account',
      permit: 'own',
      answers: { 200: identityList },
      handle: ({ principal }) => federation.listOwn(principal),
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/identities/:id',
      summary: 'Take away the identities of yours at one provider',
      permit: 'own',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await federation.unlink(principal, params.id)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/me/identities',
      summary: 'Begin to link an identity at a provider to your account',
      permit: 'own',
      changes: true,
      body: linkIdentity,
      answers: { 200: federationStarted },
      handle: ({ principal, body }) => federation.link(principal, body.connection),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/sso/finish',
      summary: 'Finish a log-in or a link, once the provider has sent the browser back: starts a session',
      permit: 'public',
      mostBytes: SAML_BYTES,
      body: finishFederation,
      opensSession: true,
      answers: { 200: sessionOpened },
      handle: ({ body, request }) => federation.finish(body, clientOf(request)),
    }),
  ]
}
