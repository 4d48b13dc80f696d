import {
  answerConsent,
  applicationList,
  changeApplication,
  consentAnswered,
  consentAsked,
  createApplication,
  createdApplication,
  grantedApplications,
  providerKeys,
  uuid,
} from '@probity/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Route, route } from '../../../platform/http/route.ts'
import type { Applications } from './applications.ts'
import type { Browser, Consent } from './consent.ts'
import type { TenantProviders } from './provider.ts'

const one = z.strictObject({ id: uuid })

export interface ProviderParts {
  applications: Applications
  consent: Consent
  providers: TenantProviders
  publicUrl(): string
}

/** Probity as OpenID provider: its applications, what people let them do, and the protocol itself. */
export function providerRoutes({ applications, consent, providers, publicUrl }: ProviderParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/applications',
      summary: 'List applications that people log in to through Probity',
      permit: 'application:read',
      answers: { 200: applicationList },
      handle: ({ principal }) => applications.list(principal.tenantId),
    }),
    route({
      method: 'POST',
      path: '/v1/applications',
      summary: 'Add an application that people log in to',
      permit: 'application:write',
      changes: true,
      creates: true,
      body: createApplication,
      answers: { 201: createdApplication },
      async handle({ principal, body, reply }) {
        const made = await applications.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/applications/:id',
      summary: 'Change an application, or give it another secret',
      permit: 'application:write',
      changes: true,
      params: one,
      body: changeApplication,
      answers: { 200: createdApplication },
      handle: ({ principal, params, body }) => applications.change(principal, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/v1/applications/:id',
      summary: 'Take an application away, with all that was given to it',
      permit: 'application:write',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await applications.remove(principal, params.id)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/provider-keys',
      summary: 'List the keys by which ID tokens are signed',
      permit: 'application:read',
      answers: { 200: providerKeys },
      handle: ({ principal }) => applications.keys(principal.tenantId),
    }),
    route({
      method: 'POST',
      path: '/v1/provider-keys/turn',
      summary: 'Have another key sign; the one before stays published for a day',
      permit: 'application:write',
      changes: true,
      answers: { 200: providerKeys },
      handle: ({ principal }) => applications.turnKey(principal),
    }),
    route({
      method: 'GET',
      path: '/v1/auth/consent',
      summary: 'What an application asks of you that sent this browser here',
      permit: 'own',
      answers: { 200: consentAsked },
      handle: ({ principal, request, reply }) => consent.asked(principal, browserOf(request, reply, publicUrl())),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/consent',
      summary: 'Let an application in, or not',
      permit: 'own',
      changes: true,
      body: answerConsent,
      answers: { 200: consentAnswered },
      handle: ({ principal, body, request, reply }) =>
        consent.answer(principal, body.grant, browserOf(request, reply, publicUrl())),
    }),
    route({
      method: 'GET',
      path: '/v1/me/applications',
      summary: 'List applications that you let in',
      permit: 'own',
      answers: { 200: grantedApplications },
      handle: ({ principal }) => applications.granted(principal),
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/applications/:id',
      summary: 'Let an application in no more: what it has of you ends at once',
      permit: 'own',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await applications.withdraw(principal, params.id)
        return null
      },
    }),
    ...(['GET', 'POST'] as const).map((method) =>
      route({
        method,
        path: '/oidc/:tenant/*',
        summary: 'OpenID Connect and OAuth 2.0; see /oidc/{tenant}/.well-known/openid-configuration',
        permit: 'public',
        form: method === 'POST',
        isCostly: true,
        params: z.strictObject({ tenant: uuid, '*': z.string() }),
        answers: { 200: 'application/json' },
        async handle({ params, bytes, request, reply }) {
          const provider = await providers.of(params.tenant)
          const { request: raw, response } = browserOf(request, reply, publicUrl())
          const whole = raw.url ?? ''
          const asked = Object.assign(raw, {
            originalUrl: whole,
            url: whole.slice(`/oidc/${params.tenant}`.length),
            ...(method === 'POST' && { body: Object.fromEntries(new URLSearchParams(Buffer.from(bytes).toString())) }),
          })
          reply.hijack()
          await provider.callback()(asked, response)
          return null
        },
      }),
    ),
  ]
}

/** What a browser asks, as if at the address of the installation: what a request says of its host or its proxies counts for nothing. */
function browserOf(request: FastifyRequest, reply: FastifyReply, publicUrl: string): Browser {
  const { host, protocol } = new URL(publicUrl)
  const { headers } = request.raw
  headers.host = host
  headers['x-forwarded-proto'] = protocol.slice(0, -1)
  delete headers['x-forwarded-host']
  delete headers.forwarded
  return { request: request.raw, response: reply.raw }
}
