import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DomainError } from '../../platform/errors.ts'
import { type Call, type Route, route } from '../../platform/http/route.ts'
import type { GatewayAnswer, Named } from './gateway.ts'
import { httpRoute } from './http-route.ts'
import type { Access } from './service.ts'

/** By which a gateway shows a token of its own, beside what the user sent. */
const TOKEN = 'x-probity-gateway-token'
const PREFIX = '/access/v1/gateway'
const usual = { permit: 'own', tokenHeader: TOKEN, answers: { 200: z.null() } } as const
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

type Asked = Pick<Call<unknown, unknown, unknown>, 'principal' | 'cookies' | 'request' | 'reply'>

/** What gateways ask of each request before it comes through: by auth_request of nginx, and by ext_authz of Envoy. */
export function gatewayRoutes({ gateway }: Access): Route[] {
  const answer = async ({ principal, cookies, request, reply }: Asked, method: string, target: string) => {
    const named = namedBy(request)
    // The question is a GET whatever the request is, and a cookie alone lets nothing be changed.
    if (named === null && request.headers.authorization === undefined) cookies.accessOf(request, method.toUpperCase())
    const asked = httpRoute(method, request.headers.host ?? '', target)
    return tell(reply, await gateway.decide(principal, named, asked, request.ip))
  }
  return [
    route({
      ...{ ...usual, method: 'GET', path: PREFIX },
      summary: 'Decide for a gateway whether the request of X-Original-Method and X-Original-URI comes through',
      handle: (call) => answer(call, headerOf(call.request, 'method'), headerOf(call.request, 'uri')),
    }),
    ...METHODS.map((method) =>
      route({
        ...{ ...usual, method, path: `${PREFIX}/*` },
        summary: `Decide for a gateway whether this ${method} comes through, at the address behind the prefix`,
        // As it was sent: the framework has decoded what it gives.
        handle: (call) => answer(call, call.request.method, (call.request.raw.url ?? '').slice(PREFIX.length)),
      }),
    ),
  ]
}

function headerOf({ headers }: FastifyRequest, name: 'method' | 'uri'): string {
  return String(headers[`x-original-${name}`] ?? '')
}

/** Only a gateway names somebody. Throws UNAUTHENTICATED where it names nobody. */
function namedBy({ headers }: FastifyRequest): Named {
  if (headers[TOKEN] === undefined) return null
  const { 'x-probity-subject-type': type = 'user', 'x-probity-subject-id': id } = headers
  const isOne = /^[A-Za-z_][\w:]{0,99}$/.test(String(type)) && /^[\x21-\x7e]{1,255}$/.test(String(id ?? ''))
  if (!isOne) throw new DomainError('UNAUTHENTICATED')
  return { type: String(type), id: String(id) }
}

function tell(reply: FastifyReply, { decisionId, isAllowed, subject, mask, stepUp }: GatewayAnswer): null {
  reply.header('x-probity-decision', decisionId)
  if (!isAllowed) throw new DomainError('ACCESS_DENIED', { decision_id: decisionId })
  if (stepUp !== undefined) {
    const age = stepUp === null ? '' : `, max_age="${stepUp}"`
    reply.code(401).header('www-authenticate', `Bearer error="insufficient_user_authentication"${age}`) // RFC 9470 §3
    return null
  }
  // Each always, so that none stays that the user sent.
  reply.headers({
    'x-probity-subject-type': subject.type,
    'x-probity-subject-id': subject.id,
    'x-probity-mask': mask.map(encodeURIComponent).join(','),
  })
  return null
}
