import {
  authZenActionSearch,
  authZenActions,
  authZenConfiguration,
  authZenDecision,
  authZenDecisions,
  authZenEntities,
  authZenEvaluation,
  authZenEvaluations,
  authZenResourceSearch,
  authZenSubjectSearch,
  problem,
} from '@probity/contract'
import { type Dialect, type Route, route } from '../../platform/http/route.ts'
import type { Access } from './service.ts'

const dialect: Dialect = {
  mediaType: 'application/json',
  error: problem,
  problem: (one) => one,
  status: ({ status }) => (status === 415 ? 400 : status),
  echoesRequestId: true,
}
const usual = { method: 'POST', permit: 'decision:ask', dialect } as const

/** OpenID AuthZEN Authorization API 1.0. */
export function authZenRoutes({ authZen }: Access, publicUrl: () => string): Route[] {
  return [
    route({
      ...usual,
      path: '/access/v1/evaluation',
      summary: 'AuthZEN: decide whether a subject may do an action to a resource',
      body: authZenEvaluation,
      answers: { 200: authZenDecision },
      handle: ({ principal, body }) => authZen.evaluate(principal, body),
    }),
    route({
      ...usual,
      path: '/access/v1/evaluations',
      summary: 'AuthZEN: decide many at once',
      body: authZenEvaluations,
      answers: { 200: authZenDecisions },
      handle: ({ principal, body }) => authZen.evaluateAll(principal, body),
    }),
    route({
      ...usual,
      path: '/access/v1/search/subject',
      summary: 'AuthZEN: find who may do an action to a resource',
      body: authZenSubjectSearch,
      answers: { 200: authZenEntities },
      handle: ({ principal, body }) => authZen.searchSubjects(principal, body),
    }),
    route({
      ...usual,
      path: '/access/v1/search/resource',
      summary: 'AuthZEN: find what a subject may do an action to, of the entities that were told',
      body: authZenResourceSearch,
      answers: { 200: authZenEntities },
      handle: ({ principal, body }) => authZen.searchResources(principal, body),
    }),
    route({
      ...usual,
      path: '/access/v1/search/action',
      summary: 'AuthZEN: find what a subject may do to a resource',
      body: authZenActionSearch,
      answers: { 200: authZenActions },
      handle: ({ principal, body }) => authZen.searchActions(principal, body),
    }),
    route({
      method: 'GET',
      path: '/.well-known/authzen-configuration',
      summary: 'AuthZEN: where each of its operations is',
      permit: 'public',
      answers: { 200: authZenConfiguration },
      async handle() {
        const at = publicUrl().replace(/\/$/, '')
        return {
          policy_decision_point: at,
          access_evaluation_endpoint: `${at}/access/v1/evaluation`,
          access_evaluations_endpoint: `${at}/access/v1/evaluations`,
          search_subject_endpoint: `${at}/access/v1/search/subject`,
          search_resource_endpoint: `${at}/access/v1/search/resource`,
          search_action_endpoint: `${at}/access/v1/search/action`,
        }
      },
    }),
  ]
}
