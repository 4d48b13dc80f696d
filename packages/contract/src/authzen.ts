import { z } from 'zod'
import { line, storable, text } from './primitives.ts'

// OpenID AuthZEN Authorization API 1.0. What it does not know it passes over, so that none of these is strict.

const properties = storable.optional()
const kind = line(100)
const id = line(255)
const known = z.object({ type: kind, id, properties })
const sought = z.object({ type: kind, properties }).describe('Its id, if there is one, is passed over')
const action = z.object({ name: line(100), properties })
const context = storable.optional()
const page = z.object({ limit: z.number().int().min(1).max(1000).optional(), token: text(2000).optional() }).optional()

export const authZenEvaluation = z.object({ subject: known, action, resource: known, context })
export type AuthZenEvaluation = z.infer<typeof authZenEvaluation>
const one = { subject: known.optional(), action: action.optional(), resource: known.optional(), context }
export const authZenEvaluations = z.object({
  ...one,
  evaluations: z
    .array(z.object(one))
    .max(1000)
    .optional()
    .describe('Each takes what it does not say from the whole; none: the whole is one evaluation'),
  options: z
    .object({
      evaluations_semantic: z.enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit']).optional(),
    })
    .optional(),
})
export type AuthZenEvaluations = z.infer<typeof authZenEvaluations>
export const authZenDecision = z.object({
  decision: z.boolean(),
  context: z.record(z.string(), z.unknown()).optional(),
})
export type AuthZenDecision = z.infer<typeof authZenDecision>
export const authZenDecisions = z.union([z.object({ evaluations: z.array(authZenDecision) }), authZenDecision])
export type AuthZenDecisions = z.infer<typeof authZenDecisions>

export const authZenSubjectSearch = z.object({ subject: sought, action, resource: known, context, page })
export type AuthZenSubjectSearch = z.infer<typeof authZenSubjectSearch>
export const authZenResourceSearch = z.object({ subject: known, action, resource: sought, context, page })
export type AuthZenResourceSearch = z.infer<typeof authZenResourceSearch>
export const authZenActionSearch = z.object({ subject: known, resource: known, context, page })
export type AuthZenActionSearch = z.infer<typeof authZenActionSearch>
const paged = { page: z.object({ next_token: z.string() }).optional() }
export const authZenEntities = z.object({ results: z.array(z.object({ type: z.string(), id: z.string() })), ...paged })
export type AuthZenEntities = z.infer<typeof authZenEntities>
export const authZenActions = z.object({ results: z.array(z.object({ name: z.string() })), ...paged })
export type AuthZenActions = z.infer<typeof authZenActions>
export const authZenConfiguration = z.object({
  policy_decision_point: z.url(),
  access_evaluation_endpoint: z.url(),
  access_evaluations_endpoint: z.url(),
  search_subject_endpoint: z.url(),
  search_resource_endpoint: z.url(),
  search_action_endpoint: z.url(),
})
