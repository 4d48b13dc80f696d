import { erased, eraseSubject, erasurePage, erasureQuery } from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Privacy } from './service.ts'

export function privacyRoutes(privacy: Privacy): Route[] {
  return [
    route({
      method: 'DELETE',
      path: '/v1/privacy/data-subjects/:id',
      summary: 'Erase a person by destroying their keys',
      permit: 'data_subject:erase',
      changes: true,
      params: z.strictObject({ id: z.string().min(1).max(300) }),
      body: eraseSubject,
      answers: { 200: erased },
      handle: ({ principal, params, body }) => privacy.erase(principal, params.id, body),
    }),
    route({
      method: 'GET',
      path: '/v1/privacy/erasures',
      summary: 'List erasures, with their certificates',
      permit: 'data_subject:erase',
      query: erasureQuery,
      answers: { 200: erasurePage },
      handle: ({ principal, query }) => privacy.list(principal, query),
    }),
  ]
}
