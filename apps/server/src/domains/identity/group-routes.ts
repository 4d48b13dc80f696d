import {
  changeGroup,
  changeServiceAccount,
  createGroup,
  createServiceAccount,
  group,
  groupMember,
  groupMembers,
  groupPage,
  groupQuery,
  serviceAccount,
  serviceAccountList,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'

const one = z.strictObject({ id: uuid })
const member = z.strictObject({ id: uuid, user_id: uuid })

/** Groups of people, and accounts of applications. */
export function groupRoutes({ groups, serviceAccounts }: Identity): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/groups',
      summary: 'List groups of people',
      permit: 'group:read',
      query: groupQuery,
      answers: { 200: groupPage },
      handle: ({ principal, query }) => groups.list(principal.tenantId, query),
    }),
    route({
      method: 'POST',
      path: '/v1/groups',
      summary: 'Make a group',
      permit: 'group:write',
      changes: true,
      creates: true,
      body: createGroup,
      answers: { 201: group },
      async handle({ principal, body, reply }) {
        const made = await groups.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/groups/:id',
      summary: 'Change the name of a group, or what who is in it may do',
      permit: 'group:write',
      changes: true,
      params: one,
      body: changeGroup,
      answers: { 200: group },
      handle: ({ principal, params, body }) => groups.change(principal, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/v1/groups/:id',
      summary: 'Take a group away',
      permit: 'group:write',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await groups.remove(principal, params.id)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/groups/:id/members',
      summary: 'List who is in a group',
      permit: 'group:read',
      params: one,
      query: groupQuery,
      answers: { 200: groupMembers },
      handle: ({ principal, params, query }) => groups.members(principal.tenantId, params.id, query),
    }),
    route({
      method: 'POST',
      path: '/v1/groups/:id/members',
      summary: 'Put somebody into a group',
      permit: 'group:write',
      changes: true,
      params: one,
      body: groupMember,
      answers: { 200: z.null() },
      async handle({ principal, params, body }) {
        await groups.add(principal, params.id, body.user_id)
        return null
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/groups/:id/members/:user_id',
      summary: 'Take somebody out of a group',
      permit: 'group:write',
      changes: true,
      params: member,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await groups.take(principal, params.id, params.user_id)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/service-accounts',
      summary: 'List accounts of applications',
      permit: 'service_account:read',
      answers: { 200: serviceAccountList },
      handle: ({ principal }) => serviceAccounts.list(principal.tenantId),
    }),
    route({
      method: 'POST',
      path: '/v1/service-accounts',
      summary: 'Make an account for an application; give it a token with POST /v1/tokens',
      permit: 'service_account:write',
      changes: true,
      creates: true,
      body: createServiceAccount,
      answers: { 201: serviceAccount },
      async handle({ principal, body, reply }) {
        const made = await serviceAccounts.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/service-accounts/:id',
      summary: 'Change an account of an application; disabled, its tokens are not good',
      permit: 'service_account:write',
      changes: true,
      params: one,
      body: changeServiceAccount,
      answers: { 200: serviceAccount },
      handle: ({ principal, params, body }) => serviceAccounts.change(principal, params.id, body),
    }),
  ]
}
