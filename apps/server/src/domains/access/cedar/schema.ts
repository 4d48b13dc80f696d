import { schemaToJson, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { closure } from './entities.ts'
import { requireParsable, UnreadablePolicy } from './text.ts'
import { EntityReference } from './value.ts'

/** The groups that each action of a schema is in, by the key of the action. Throws UnreadablePolicy. */
export function actionGroups(schema: string): Map<string, ReadonlySet<string>> {
  const answer = schemaToJson(schema)
  if (answer.type === 'failure') throw new UnreadablePolicy(answer.errors.map(({ message }) => message))
  const parents = new Map<string, EntityReference[]>()
  for (const [namespace, { actions }] of Object.entries(answer.json)) {
    const own = namespace === '' ? 'Action' : `${namespace}::Action`
    for (const [id, { memberOf = [] }] of Object.entries(actions))
      parents.set(
        new EntityReference(own, id).key,
        memberOf.map((group) => new EntityReference(group.type ?? own, group.id)),
      )
  }
  return new Map([...parents.keys()].map((key) => [key, closure(key, parents)]))
}

/** What does not fit a schema: which policy of the text, counted from 0, and why. */
export interface Problem {
  place: number
  message: string
}

/** What Cedar's own validation (strict) says of policies that a schema describes; none: they fit. Throws UnreadablePolicy for a schema that is none. */
export function validationProblems(schema: string, policies: string): Problem[] {
  requireParsable(schema.replaceAll('<', '(').replaceAll('>', ')')) // types stand in these as in brackets
  const answer = validate({ validationSettings: { mode: 'strict' }, schema, policies: { staticPolicies: policies } })
  if (answer.type === 'failure') throw new UnreadablePolicy(answer.errors.map(({ message }) => message))
  return answer.validationErrors.map(({ policyId, error }) => ({
    place: Number(policyId.slice('policy'.length)),
    message: `${error.message}${helped(error.help)}`,
  }))
}

function helped(help: string | null): string {
  return help === null ? '' : ` (${help})`
}
