import {
  createElevation,
  elevation,
  elevationPage,
  elevationQuery,
  elevationRoles,
  roleQuery,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Access } from './service.ts'

const one = z.strictObject({ id: uuid })

/** Roles for a while. */
export function elevationRoutes({ elevations }: Access): Route[] {
  const answers = [
    { verb: 'approve', summary: 'Give somebody the role that they asked for, for as long as they did' },
    { verb: 'deny', summary: 'Refuse somebody the role that they asked for' },
    { verb: 'withdraw', summary: 'Ask for a role no more' },
  ] as const
  return [
    route({
      method: 'GET',
      path: '/v1/elevations',
      summary: 'List roles that you asked for; as an administrator, that anybody did',
      permit: 'own',
      query: elevationQuery,
      answers: { 200: elevationPage },
      handle: ({ principal, query }) => elevations.list(principal, query),
    }),
    route({
      method: 'GET',
      path: '/v1/elevations/roles',
      summary: 'List roles that you can ask for',
      permit: 'own',
      query: roleQuery,
      answers: { 200: elevationRoles },
      handle: ({ principal, query }) => elevations.roles(principal, query),
    }),
    route({
      method: 'POST',
      path: '/v1/elevations',
      summary: 'Ask for a role for yourself, for a while',
      permit: 'own',
      changes: true,
      creates: true,
      body: createElevation,
      answers: { 201: elevation },
      async handle({ principal, body, reply }) {
        const made = await elevations.request(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'GET',
      path: '/v1/elevations/:id',
      summary: 'Read what was asked for, as who asked or who may answer',
      permit: 'own',
      params: one,
      answers: { 200: elevation },
      handle: ({ principal, params }) => elevations.get(principal, params.id),
    }),
    ...answers.map(({ verb, summary }) =>
      route({
        method: 'POST',
        path: `/v1/elevations/:id/${verb}`,
        summary,
        permit: 'own',
        changes: true,
        params: one,
        answers: { 200: elevation },
        handle: ({ principal, params }) => elevations[verb](principal, params.id),
      }),
    ),
  ]
}
