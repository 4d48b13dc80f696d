import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { EntityStore, type EntityText } from '../../src/domains/access/cedar/entities.ts'
import type { FailureKind } from '../../src/domains/access/cedar/failure.ts'
import { type JsonValue, readRecord } from '../../src/domains/access/cedar/json-value.ts'
import { compilePolicy, type Policy } from '../../src/domains/access/cedar/policy.ts'
import { type Answer, PolicySet } from '../../src/domains/access/cedar/policy-set.ts'
import type { Request } from '../../src/domains/access/cedar/request.ts'
import { actionGroups, validationProblems } from '../../src/domains/access/cedar/schema.ts'
import { readPolicies } from '../../src/domains/access/cedar/text.ts'
import { EntityReference } from '../../src/domains/access/cedar/value.ts'
import type { Generated, Name } from './generated.ts'
import type { TypedCase } from './generated-typed-case.ts'

/** What both engines answer to a case, as text; null: Cedar refuses it, which is not ours to answer. */
export function answers(given: Generated): { ours: string; cedars: string } | null {
  const cedars = askCedar(given)
  return cedars === null ? null : { ours: askOurs(given), cedars }
}

/** The same of a case with a schema, to which Cedar holds entities and request. */
export function typedAnswers(given: TypedCase): TypedAnswers | null {
  const cedars = askCedar(given, { schema: given.schema, validateRequest: true })
  if (cedars === null) return null
  const { policies, request } = prepared(given, actionGroups(given.schema))
  const answer = new PolicySet(policies).isAuthorized(request)
  const isFitting = validationProblems(given.schema, given.policies.join('\n')).length === 0
  const excluded = answer.errors
    .filter(({ policy, failure }) => !policy.id.startsWith('link') && !NOT_EXCLUDED.has(failure.kind))
    .map(({ policy, failure }) => `${policy.id}: ${failure.message}`)
  return { ours: toldOf(answer), cedars, isFitting, excluded: isFitting ? excluded : [] }
}

export interface TypedAnswers {
  ours: string
  cedars: string
  /** Whether the policies fit it, as Cedar's strict validation has it. */
  isFitting: boolean
  /** Errors of ours that policies which fit cannot meet. */
  excluded: readonly string[]
}

/**
 * What validation does not look at (Cedar reference: policy validation): whether an entity is there, and whether a number
 * overflows. Of extension functions it takes constructors of constants alone, which it tries.
 */
const NOT_EXCLUDED: ReadonlySet<FailureKind> = new Set(['overflow', 'no_entity'])

function askCedar(
  { policies, links, entities, principal, action, resource, context }: Generated,
  schema: { schema?: string; validateRequest?: boolean } = {},
): string | null {
  const answer = isAuthorized({
    ...schema,
    ...{ principal, action, resource },
    context: context as Record<string, string>, // any of its values
    entities: entities as never, // as its own type has them, with values of any kind
    policies: {
      staticPolicies: Object.fromEntries(policies.map((text, i) => [`policy${i}`, text])),
      templates: Object.fromEntries(links.map(({ template }, i) => [`template${i}`, template])),
      templateLinks: links.map(({ values }, i) => ({ templateId: `template${i}`, newId: `link${i}`, values })),
    },
  })
  if (answer.type === 'failure') return null
  const { decision, diagnostics } = answer.response
  const errors = diagnostics.errors.map(({ policyId }) => policyId)
  return told(decision, diagnostics.reason, errors)
}

function askOurs(given: Generated): string {
  const { policies, request } = prepared(given)
  return toldOf(new PolicySet(policies).isAuthorized(request))
}

function toldOf(answer: Answer): string {
  const ids = (all: readonly Policy[]) => all.map(({ id }) => id)
  return told(answer.decision, ids(answer.determining), ids(answer.errors.map(({ policy }) => policy)))
}

/** A case as our engine takes it, with the groups that a schema has actions in. */
export function prepared(
  given: Generated,
  groups: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): { policies: Policy[]; request: Request } {
  const { policies, links, entities, principal, action, resource, context } = given
  const fixed = policies.map((text, i) => compiled(`policy${i}`, text, {}))
  const linked = links.map(({ template, values }, i) => compiled(`link${i}`, template, values))
  const request = {
    ...{ principal: referenceOf(principal), action: referenceOf(action), resource: referenceOf(resource) },
    context: readRecord(context as JsonValue), // as it was generated
    entities: EntityStore.read(entities as unknown as EntityText[]).withActions(groups),
  }
  return { policies: [...fixed, ...linked], request }
}

function compiled(id: string, text: string, values: Record<string, Name>): Policy {
  const [statement] = readPolicies(text)
  if (!statement) throw new Error(`no policy in ${text}`)
  const slots = Object.fromEntries(Object.entries(values).map(([slot, one]) => [slot, referenceOf(one)]))
  return compilePolicy(id, statement.json, slots)
}

function referenceOf({ type, id }: Name): EntityReference {
  return new EntityReference(type, id)
}

function told(decision: string, reason: readonly string[], errors: readonly string[]): string {
  return `${decision} by [${[...reason].sort()}] with errors of [${[...errors].sort()}]`
}
