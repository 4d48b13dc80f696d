import type { PolicyTest, PolicyTested, PolicyType } from '@probity/contract'
import { refusedField } from '../../platform/errors.ts'
import {
  ACTION,
  calledAsOurs,
  closure,
  compilePolicy,
  type Entity,
  EntityReference,
  enforced,
  formatted,
  type Policy,
  type Request,
  readPolicies,
  recordIn,
  requireFitting,
  statementsOf,
  UnreadablePolicy,
  verdictOf,
} from '../access/index.ts'

/** Stands for whatever else permits something. */
const ELSEWHERE = statementsOf('permit (principal, action, resource);', 'elsewhere/')

/** What is said of rules and tests, before it becomes a version. Throws VALIDATION_FAILED with where it is wrong. */
export async function requireRules(
  type: PolicyType,
  rules: Record<string, unknown>,
  tests: readonly PolicyTest[],
): Promise<void> {
  if (type !== 'Access') {
    if (tests.length > 0) throw refusedField('/tests', 'only rules of Access can be tested')
    return
  }
  const { cedar, schema, ...more } = rules
  if (typeof cedar !== 'string' || Object.keys(more).length > 0)
    throw refusedField('/policy_rules', 'is {"cedar": "…"} for a policy of Access, with "schema" beside it or not')
  if (cedar.length > MOST_CHARACTERS)
    throw refusedField('/policy_rules/cedar', `has at most ${MOST_CHARACTERS} characters`)
  if (cedar.includes('\0') || !cedar.isWellFormed())
    throw refusedField('/policy_rules/cedar', 'must be Unicode without NUL')
  requireStatements(cedar)
  if (schema !== undefined) await requireFittingSchema(schema, cedar)
  for (const [i, test] of tests.entries()) requestOf(test, `/tests/${i}`)
}

const MOST_CHARACTERS = 200_000
const MOST_STATEMENTS = 500

/** The statements of rules of Access, by their place in the text. */
export function statementsIn(rules: Record<string, unknown>, prefix = ''): Policy[] {
  return typeof rules.cedar === 'string' ? statementsOf(rules.cedar, prefix) : []
}

/** Each test, decided by these statements and nothing else, as it would be enforced. */
export function runTests(statements: readonly Policy[], tests: readonly PolicyTest[]): PolicyTested {
  const results = tests.map((test, i) => {
    const all = test.permitted_elsewhere ? [...statements, ...ELSEWHERE] : statements
    const verdict = verdictOf(all, requestOf(test, `/tests/${i}`))
    const { decision, determining, errors } = enforced(verdict)
    return {
      ...{ name: test.name, expected: test.expect, decision },
      determining: determining.map(({ id }) => id),
      errors: errors.map(({ policy, failure }) => `${policy.id}: ${failure.message}`),
    }
  })
  const passed = results.filter(({ expected, decision }) => expected === decision).length
  return { passed, failed: results.length - passed, results }
}

/** As Cedar's formatter writes them. Throws VALIDATION_FAILED. */
export async function formattedRules(cedar: string): Promise<string> {
  try {
    return await formatted(cedar, MOST_STATEMENTS)
  } catch (error) {
    if (error instanceof UnreadablePolicy) throw refusedField('/cedar', `cannot be read: ${error.message}`)
    throw error
  }
}

function requireStatements(cedar: string): void {
  const pointer = '/policy_rules/cedar'
  try {
    const statements = readPolicies(cedar, MOST_STATEMENTS)
    if (statements.length === 0) throw refusedField(pointer, 'has no policy in it')
    const template = statements.find(({ isTemplate }) => isTemplate)
    if (template) throw refusedField(pointer, `${template.id} has slots: name who and what it is about`)
    for (const { id, json } of statements) {
      requireObligations(id, compilePolicy(id, json).annotations)
      requireNamesAsOurs(id, json)
    }
  } catch (error) {
    if (error instanceof UnreadablePolicy) throw refusedField(pointer, `cannot be read: ${error.message}`)
    throw error
  }
}

async function requireFittingSchema(schema: unknown, cedar: string): Promise<void> {
  const schemaAt = '/policy_rules/schema'
  if (typeof schema !== 'string' || schema.length > MOST_CHARACTERS)
    throw refusedField(schemaAt, `is a schema of Cedar as text, of at most ${MOST_CHARACTERS} characters`)
  const at = '/policy_rules/cedar'
  await requireFitting({ schema, schemaAt, statements: readPolicies(cedar).map(({ text }) => ({ cedar: text, at })) })
}

/** What is said of somebody by another spelling of their id would be said of nobody. Throws VALIDATION_FAILED. */
function requireNamesAsOurs(id: string, part: unknown): void {
  if (typeof part !== 'object' || part === null) return
  const { type, id: name } = part as { type?: unknown; id?: unknown }
  if (typeof type === 'string' && typeof name === 'string' && calledAsOurs({ type, id: name }).id !== name)
    throw refusedField('/policy_rules/cedar', `${id}: ${type}::"${name}" is written in lower case`)
  for (const one of Object.values(part)) requireNamesAsOurs(id, one)
}

/** An obligation that nobody would see to is not taken for one. Throws VALIDATION_FAILED. */
function requireObligations(id: string, annotations: Policy['annotations']): void {
  for (const [name, text] of Object.entries(annotations)) {
    const plain = name.toLowerCase().replaceAll('_', '')
    const isKnown = name === 'step_up' || name === 'mask'
    if (!isKnown && (plain === 'stepup' || plain === 'mask'))
      throw refusedField('/policy_rules/cedar', `${id}: @${name} is written @${plain === 'mask' ? 'mask' : 'step_up'}`)
    if (name === 'step_up' && !/^\d{0,9}$/.test(text))
      throw refusedField('/policy_rules/cedar', `${id}: @step_up has seconds, such as @step_up("300"), or nothing`)
    if (name === 'mask' && text.split(',').every((field) => field.trim() === ''))
      throw refusedField('/policy_rules/cedar', `${id}: @mask has the names of fields, such as @mask("iban, tax_id")`)
  }
}

/** Throws VALIDATION_FAILED. */
function requestOf(test: PolicyTest, pointer: string): Request {
  const [principal, resource] = [test.principal, test.resource].map(
    ({ type, id }) => new EntityReference(type, id),
  ) as [EntityReference, EntityReference]
  const action = new EntityReference(ACTION, test.action)
  const parents = new Map<string, EntityReference[]>()
  for (const { entity, parent } of test.parents) {
    const { key } = new EntityReference(entity.type, entity.id)
    parents.set(key, [...(parents.get(key) ?? []), new EntityReference(parent.type, parent.id)])
  }
  const keys = new Set([principal.key, resource.key, ...parents.keys()])
  const attributes = new Map([
    [resource.key, recordIn(test.resource_attributes, `${pointer}/resource_attributes`)],
    [principal.key, recordIn(test.principal_attributes, `${pointer}/principal_attributes`)],
  ])
  const entities = new Map<string, Entity>()
  for (const key of keys)
    entities.set(key, {
      attributes: attributes.get(key) ?? new Map(),
      tags: new Map(),
      ancestors: closure(key, parents),
    })
  const context = recordIn(test.context, `${pointer}/context`)
  return { principal, action, resource, context, entities: { find: (key) => entities.get(key) } }
}
