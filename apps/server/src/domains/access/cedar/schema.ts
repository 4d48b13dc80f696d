import { schemaToJson, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { Breath } from '../../../platform/breath.ts'
import { closure } from './entities.ts'
import { type SchemaSize, sizeOfSchema, wordsIn } from './schema-size.ts'
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

/** What Cedar's own validation (strict) says of policies that a schema describes; none: they fit. Throws UnreadablePolicy for a schema that is none, or that takes it too long. */
export function validationProblems(schema: string, policies: string): Problem[] {
  requireCheckable(sizeOf(schema), [policies])
  return problemsOf(schema, policies)
}

/** The same of policies one by one, up to the first of some that do not fit; lets the event loop go between them. */
export async function firstProblems(schema: string, policies: readonly string[]): Promise<Problem[]> {
  const batches = batched(policies, requireCheckable(sizeOf(schema), policies))
  const breath = new Breath()
  let place = 0
  for (const batch of batches) {
    const problems = problemsOf(schema, batch.join('\n'))
    const before = place
    if (problems.length > 0) return problems.map((one) => ({ ...one, place: before + one.place }))
    place += batch.length
    await breath.take()
  }
  return []
}

function problemsOf(schema: string, policies: string): Problem[] {
  const answer = validate({ validationSettings: { mode: 'strict' }, schema, policies: { staticPolicies: policies } })
  if (answer.type === 'failure') throw new UnreadablePolicy(answer.errors.map(({ message }) => message))
  return answer.validationErrors.map(({ policyId, error }) => ({
    place: Number(policyId.slice('policy'.length)),
    message: `${error.message}${helped(error.help)}`,
  }))
}

// Validation holds the thread it runs in, and its parser already writes out what a schema's types are. What just passes one of
// these takes 0.1 to 0.8 s (on a busy machine of two cores): 500 actions that are each in 90 others 0.8 s, policies that are
// wrong in each of 100,000 checks 0.4 s, comparisons of a record of 2,400 names 0.3 s, a schema of 50,000 names 0.2 s.
const MOST_EXPANDED = 50_000
const MOST_IN_ONE = 5_000
const MOST_MEMBERS = 500
const MOST_ENVIRONMENTS = 1_000
/** Of one call: words of the policies times environments, in each of which they are looked at. */
const MOST_CHECKS = 100_000
const MOST_CALLS = 20
/** A comparison goes through all of a type, which of this many words takes as long as all else that a check does. */
const WORDS_OF_A_CHECK = 400

/** Throws UnreadablePolicy. */
function sizeOf(schema: string): SchemaSize {
  requireParsable(schema.replaceAll('<', '(').replaceAll('>', ')')) // types stand in these as in brackets
  const size = sizeOfSchema(schema)
  const { expanded, largest, environments, members } = size
  if (expanded > MOST_EXPANDED || largest > MOST_IN_ONE)
    throw tooLarge(
      `with its common types written out wherever they are named, a schema has at most ${MOST_EXPANDED} names, ${MOST_IN_ONE} in one declaration: make entities of what is named often`,
    )
  if (members > MOST_MEMBERS)
    throw tooLarge(`at most ${MOST_MEMBERS} kinds of entities and actions of a schema are in others`)
  if (environments > MOST_ENVIRONMENTS)
    throw tooLarge(
      `a schema has at most ${MOST_ENVIRONMENTS} pairs of a type of principals and one of resources, of all actions together: leave out what the policies are not about`,
    )
  return size
}

/** What each policy takes. Throws UnreadablePolicy where one takes more than a call may, or all more than all calls. */
function requireCheckable({ environments, largest }: SchemaSize, policies: readonly string[]): number[] {
  const checks = policies.map((one) => wordsIn(one) * environments * Math.max(1, largest / WORDS_OF_A_CHECK))
  const all = checks.reduce((sum, one) => sum + one, 0)
  if (Math.max(0, ...checks) > MOST_CHECKS || all > MOST_CHECKS * MOST_CALLS)
    throw tooLarge(
      `the names in one policy (or a ${MOST_CALLS}th of those in all), times the pairs of types of principals and resources of its schema, are at most ${MOST_CHECKS}: make several policies, or leave out of the schema what they are not about`,
    )
  return checks
}

function batched(policies: readonly string[], checks: readonly number[]): string[][] {
  const batches: string[][] = []
  let sum = Number.POSITIVE_INFINITY
  for (const [i, policy] of policies.entries()) {
    sum += checks[i] ?? 0
    if (sum <= MOST_CHECKS) batches.at(-1)?.push(policy)
    else {
      batches.push([policy])
      sum = checks[i] ?? 0
    }
  }
  return batches
}

function tooLarge(told: string): UnreadablePolicy {
  return new UnreadablePolicy([told])
}

function helped(help: string | null): string {
  return help === null ? '' : ` (${help})`
}
