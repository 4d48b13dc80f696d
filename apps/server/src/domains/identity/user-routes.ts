import {
  acceptInvitation,
  accountReady,
  changePassword,
  changeProfile,
  changeUser,
  createUser,
  forgotPassword,
  impersonate,
  impersonated,
  invited,
  resetPassword,
  self,
  sessionsEnded,
  showAddress,
  user,
  userPage,
  userQuery,
  userRemoved,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'
import { clientOf } from './session-routes.ts'

const one = z.strictObject({ id: uuid })
const nothing = z.null()

/** People: what administrators do with them, and what each does for oneself. */
export function userRoutes({ users, credentials, impersonation }: Identity): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/users',
      summary: 'Invite somebody',
      permit: 'user:write',
      changes: true,
      creates: true,
      body: createUser,
      answers: { 201: invited },
      async handle({ principal, body, reply }) {
        const made = await users.invite(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users',
      summary: 'List people of the tenant',
      permit: 'user:read',
      query: userQuery,
      answers: { 200: userPage },
      handle: ({ principal, query }) => users.list(principal.tenantId, query),
    }),
    route({
      method: 'POST',
      path: '/v1/users/search',
      summary: 'The same list with its filters in the body: names and addresses stay out of URLs',
      permit: 'user:read',
      body: userQuery,
      answers: { 200: userPage },
      handle: ({ principal, body }) => users.list(principal.tenantId, body),
    }),
    route({
      method: 'GET',
      path: '/v1/users/:id',
      summary: 'Read one of the people of the tenant',
      permit: 'user:read',
      params: one,
      answers: { 200: user },
      handle: ({ principal, params }) => users.get(principal.tenantId, params.id),
    }),
    route({
      method: 'PATCH',
      path: '/v1/users/:id',
      summary: 'Change name, address or scopes',
      permit: 'user:write',
      changes: true,
      params: one,
      body: changeUser,
      answers: { 200: user },
      handle: ({ principal, params, body }) => users.change(principal, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/:id',
      summary: 'Take somebody away; to erase them as a person too, go on at the address in the answer',
      permit: 'user:write',
      changes: true,
      params: one,
      answers: { 200: userRemoved },
      handle: ({ principal, params }) => users.remove(principal, params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/users/:id/invitation',
      summary: 'Invite again; the invitation before is no longer good',
      permit: 'user:write',
      changes: true,
      params: one,
      answers: { 200: invited },
      handle: ({ principal, params }) => users.inviteAgain(principal, params.id),
    }),
    ...(['suspend', 'reactivate', 'deactivate'] as const).map((verb) =>
      route({
        method: 'POST',
        path: `/v1/users/:id/${verb}`,
        summary: SUMMARY[verb],
        permit: 'user:suspend',
        changes: true,
        params: one,
        answers: { 200: user },
        handle: ({ principal, params }) => users.setStatus(principal, params.id, STATUS[verb]),
      }),
    ),
    route({
      method: 'POST',
      path: '/v1/users/:id/unlock',
      summary: 'Forget failed log-ins',
      permit: 'user:suspend',
      changes: true,
      params: one,
      answers: { 200: user },
      handle: ({ principal, params }) => users.unlock(principal, params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/users/:id/impersonate',
      summary: 'See for half an hour what somebody sees; it stands in the log, and each entry names both',
      permit: 'user:impersonate',
      changes: true,
      params: one,
      body: impersonate,
      answers: { 200: impersonated },
      handle: ({ principal, params, body, request }) =>
        impersonation.begin(principal, params.id, body.reason, clientOf(request)),
    }),
    route({
      method: 'GET',
      path: '/v1/me',
      summary: 'Read your own account',
      permit: 'own',
      answers: { 200: self },
      handle: ({ principal }) => users.self(principal),
    }),
    route({
      method: 'PATCH',
      path: '/v1/me',
      summary: 'Change what you are shown as',
      permit: 'own',
      changes: true,
      body: changeProfile,
      answers: { 200: user },
      handle: ({ principal, body }) => users.changeSelf(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/me/password',
      summary: 'Change your password; your other sessions end',
      permit: 'own',
      changes: true,
      body: changePassword,
      answers: { 200: sessionsEnded },
      handle: ({ principal, body, request }) => credentials.change(principal, body, clientOf(request)),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/invitation',
      summary: 'Set the first password, with the link of an invitation',
      permit: 'public',
      body: acceptInvitation,
      answers: { 200: accountReady },
      handle: ({ body }) => credentials.accept(body),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/password/forgot',
      summary: 'Have a link mailed for another password; the answer is the same whether there is such an account',
      permit: 'public',
      body: forgotPassword,
      answers: { 202: nothing },
      async handle({ body, reply }) {
        credentials.forgot(body)
        reply.code(202)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/me/address',
      summary: 'Have a link mailed that shows that your address is yours',
      permit: 'own',
      changes: true,
      answers: { 202: z.null() },
      async handle({ principal, reply }) {
        await users.askAddress(principal)
        reply.code(202)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/address',
      summary: 'Show with the link that an address is yours',
      permit: 'public',
      body: showAddress,
      answers: { 200: z.null() },
      async handle({ body }) {
        await users.showAddress(body.token)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/password/reset',
      summary: 'Set another password with the link; your sessions end, and you log in with it',
      permit: 'public',
      body: resetPassword,
      answers: { 200: accountReady },
      handle: ({ body }) => credentials.reset(body),
    }),
  ]
}

const SUMMARY = {
  suspend: 'Suspend somebody: sessions and tokens of theirs end or wait at once',
  reactivate: 'Let somebody in again',
  deactivate: 'Deactivate somebody who has left',
}
const STATUS = { suspend: 'suspended', reactivate: 'active', deactivate: 'deactivated' } as const
