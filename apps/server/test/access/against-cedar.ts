import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { EntityStore, type EntityText } from '../../src/domains/access/cedar/entities.ts'
import { type JsonValue, readRecord } from '../../src/domains/access/cedar/json-value.ts'
import { compilePolicy, type Policy } from '../../src/domains/access/cedar/policy.ts'
import { PolicySet } from '../../src/domains/access/cedar/policy-set.ts'
import type { Request } from '../../src/domains/access/cedar/request.ts'
import { readPolicies } from '../../src/domains/access/cedar/text.ts'
import { EntityReference } from '../../src/domains/access/cedar/value.ts'
import type { Generated, Name } from './generated.ts'

/** What both engines answer to a case, as text; null: Cedar refuses it, which is not ours to answer. */
export function answers(given: Generated): { ours: string; cedars: string } | null {
  const cedars = askCedar(given)
  return cedars === null ? null : { ours: askOurs(given), cedars }
}

function askCedar({ policies, links, entities, principal, action, resource, context }: Generated): string | null {
  const answer = isAuthorized({
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
  const answer = new PolicySet(policies).isAuthorized(request)
  const ids = (all: readonly Policy[]) => all.map(({ id }) => id)
  return told(answer.decision, ids(answer.determining), ids(answer.errors.map(({ policy }) => policy)))
}

/** A case as our engine takes it. */
export function prepared(given: Generated): { policies: Policy[]; request: Request } {
  const { policies, links, entities, principal, action, resource, context } = given
  const fixed = policies.map((text, i) => compiled(`policy${i}`, text, {}))
  const linked = links.map(({ template, values }, i) => compiled(`link${i}`, template, values))
  const request = {
    ...{ principal: referenceOf(principal), action: referenceOf(action), resource: referenceOf(resource) },
    context: readRecord(context as JsonValue), // as it was generated
    entities: EntityStore.read(entities as unknown as EntityText[]),
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
