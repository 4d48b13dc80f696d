import { z } from 'zod'
import { attributes, entityReference } from './entities.ts'
import { askedTime, legible, line, nextCursor, pageQuery, storable, text, timestamp, uuid } from './primitives.ts'

/** What a policy may be about. Of those but Access nothing is enforced yet: they are kept, with the same life. */
export const POLICY_TYPES = ['Access', 'Retention', 'Privacy', 'Session', 'Password', 'Detection'] as const
export const policyType = z.enum(POLICY_TYPES)
export type PolicyType = z.infer<typeof policyType>
export const enforcementMode = z.enum(['Warn', 'Enforce', 'Audit'])
export type EnforcementMode = z.infer<typeof enforcementMode>

/** A request, and what the rules of the version are to say to it when they are all there is. */
export const policyTest = z.strictObject({
  name: line(255),
  principal: entityReference,
  principal_attributes: attributes.default({}),
  action: line(100),
  resource: entityReference,
  resource_attributes: attributes.default({}),
  context: attributes.default({}),
  parents: z
    .array(z.strictObject({ entity: entityReference, parent: entityReference }))
    .max(100)
    .default([])
    .describe('What is in what: a person in a role, a document in a folder'),
  permitted_elsewhere: z
    .boolean()
    .default(false)
    .describe('As if another policy permitted it: then allow says that this version does not forbid it'),
  expect: z.enum(['allow', 'deny']).describe('Of this version alone: without anything that permits, all is denied'),
})
export type PolicyTest = z.infer<typeof policyTest>

/** Of Access: `{"cedar": "…", "schema": "…"}`, policies of Cedar as text, and a schema if there is one; of the other types an object of the caller's. */
export const policyRules = storable

const said = {
  description: text(2000).nullable(),
  policy_rules: policyRules.describe(
    'Of Access: {"cedar": "permit (principal, action, resource);"}, and beside it, if you like, "schema": a schema of Cedar that the policies have to fit',
  ),
  tests: z.array(policyTest).max(500).describe('What this version alone is to decide'),
  enforcement_mode: enforcementMode.describe(
    'Enforce: it decides; Warn: decisions tell what it would; Audit: only the record tells',
  ),
  effective_date: askedTime.nullable().describe('null: from its approval on'),
  expiration_date: askedTime.nullable().describe('null: it does not end'),
  is_active: z.boolean().describe('false: the policy counts no more from this version on'),
}

export const policyState = z.enum(['draft', 'in_review', 'approved', 'rejected'])
const kept = { ...said, effective_date: timestamp.nullable(), expiration_date: timestamp.nullable() }
const life = {
  version: z.number().int(),
  state: policyState,
  created_by: uuid,
  submitted_by: uuid.nullable(),
  submitted_at: timestamp.nullable(),
  approved_by: uuid.nullable().describe('Who approved or rejected it'),
  decided_at: timestamp.nullable(),
  shadow_since: timestamp.nullable(),
  shadow_until: timestamp.nullable().describe('Until when it is asked beside what counts'),
}
export const policyVersion = z.object({ policy_id: uuid, ...kept, ...life, created_at: timestamp })
export type PolicyVersion = z.infer<typeof policyVersion>

/** A policy with its newest version. */
export const policy = z.object({
  id: uuid,
  policy_name: z.string(),
  policy_type: policyType,
  ...kept,
  ...life,
  current_version: z.number().int().nullable().describe('The version that counts now; null: none does'),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Policy = z.infer<typeof policy>

export const createPolicy = z.strictObject({
  policy_name: legible(255),
  policy_type: policyType,
  description: said.description.default(null),
  policy_rules: said.policy_rules,
  tests: said.tests.default([]),
  enforcement_mode: said.enforcement_mode.default('Enforce'),
  effective_date: said.effective_date.default(null),
  expiration_date: said.expiration_date.default(null),
  is_active: said.is_active.default(true),
})
export type CreatePolicy = z.infer<typeof createPolicy>
export type CreatePolicyInput = z.input<typeof createPolicy>
export const changePolicy = z.strictObject({ version: z.number().int().min(1), ...said }).partial()
export type ChangePolicy = z.infer<typeof changePolicy>
export type ChangePolicyInput = z.input<typeof changePolicy>

export const policyQuery = z.strictObject({
  ...pageQuery,
  policy_type: policyType.optional(),
  policy_name: line(255).optional(),
  state: policyState.optional().describe('Of the newest version'),
})
export type PolicyQuery = z.infer<typeof policyQuery>
export const policyPage = z.object({ policies: z.array(policy), next_cursor: nextCursor })
export const policyVersions = z.object({ versions: z.array(policyVersion) })

/** Rules and tests that are tried without being written. */
export const checkPolicy = createPolicy.pick({ policy_type: true, policy_rules: true, tests: true })
export type CheckPolicy = z.infer<typeof checkPolicy>
export type CheckPolicyInput = z.input<typeof checkPolicy>

/** Policies of Cedar as text, to be written as Cedar's formatter writes them. */
export const formatPolicy = z.strictObject({ cedar: text(200_000) })
export type FormatPolicy = z.infer<typeof formatPolicy>
export const policyFormatted = z.object({ cedar: z.string() })
export type PolicyFormatted = z.infer<typeof policyFormatted>

/** What each test of a version came to. */
export const policyTested = z.object({
  passed: z.number().int(),
  failed: z.number().int(),
  results: z.array(
    z.object({
      name: z.string(),
      expected: z.enum(['allow', 'deny']),
      decision: z.enum(['allow', 'deny']),
      determining: z
        .array(z.string())
        .describe('The statements that decide, by their place in the text, from policy0 on'),
      errors: z.array(z.string()).describe('Statements that could not be evaluated, and why'),
    }),
  ),
})
export type PolicyTested = z.infer<typeof policyTested>

/** Something about a version that its author may not have meant. */
export const policyFinding = z.object({
  kind: z.enum([
    'never_matches',
    'shadowed',
    'contradicts',
    'grants_more',
    'grants_less',
    'locks_out_author',
    'locks_out_everyone',
    'unknown_role',
    'erroring',
    'opens_at_expiry',
  ]),
  is_warning: z.boolean().describe('Whether it must be accepted before the version can be submitted'),
  statement: z.string().nullable().describe('The statement that it is about, by its place in the text'),
  message: z.string(),
  example: z
    .object({
      principal: z.string(),
      action: z.string(),
      resource: z.string(),
      attributes,
      context: attributes,
      before: z.enum(['allow', 'deny']),
      after: z.enum(['allow', 'deny']),
    })
    .optional()
    .describe('A request that shows it'),
})
export type PolicyFinding = z.infer<typeof policyFinding>
export const policyAnalysis = z.object({ findings: z.array(policyFinding), requests_tried: z.number().int() })
export type PolicyAnalysis = z.infer<typeof policyAnalysis>

export const replayPolicy = z.strictObject({ days: z.number().int().min(1).max(30).default(7) })
export type ReplayPolicy = z.infer<typeof replayPolicy>
const differences = z.object({
  count: z.number().int(),
  principals: z
    .array(z.object({ principal: z.string(), count: z.number().int() }))
    .describe('Whom it concerns, those most often first; the first 20'),
  examples: z
    .array(
      z.object({
        decision_id: uuid,
        decided_at: timestamp,
        principal: z.string(),
        action: z.string(),
        resource: z.string(),
      }),
    )
    .describe('The first 20'),
})
/** What a version would have decided otherwise than what counts now, of what was asked lately. */
export const policyReplay = z.object({
  decisions: z.number().int().describe('Requests that were decided again'),
  unreadable: z.number().int().describe('Requests of people who were erased since'),
  is_complete: z.boolean().describe('false: there were more than could be read; the newest were'),
  newly_denied: differences,
  newly_allowed: differences,
})
export type PolicyReplay = z.infer<typeof policyReplay>
export type PolicyDifferences = z.infer<typeof differences>

/** What a version that is not enforced would have decided otherwise since it is asked. */
export const policyShadow = policyReplay.pick({ newly_denied: true, newly_allowed: true }).extend({
  shadow_since: timestamp.nullable(),
  shadow_until: timestamp.nullable(),
})
export type PolicyShadow = z.infer<typeof policyShadow>
export const shadowPolicy = z.strictObject({
  days: z.number().int().min(0).max(30).default(7).describe('From now on; 0 ends it'),
})
export type ShadowPolicy = z.infer<typeof shadowPolicy>

export const submitPolicy = z.strictObject({
  accept_warnings: z.boolean().default(false).describe('Whether warnings of the analysis are known and meant'),
})
export type SubmitPolicy = z.infer<typeof submitPolicy>
export const rollBackPolicy = z.strictObject({ to_version: z.number().int().min(1).max(2_147_483_647) })
