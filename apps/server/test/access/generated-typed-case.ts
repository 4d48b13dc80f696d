import fc from 'fast-check'
import type { Generated } from './generated.ts'
import { chooseRequest } from './generated-conforming.ts'
import { type ActionType, Chance, chooseSchema, named, type Schema, schemaText } from './generated-schema.ts'
import { TypedExpressions } from './generated-typed.ts'

/** A case with the schema that it was made for. */
export interface TypedCase extends Generated {
  schema: string
}

export const typedCase: fc.Arbitrary<TypedCase> = fc.gen().map((draw) => {
  const chance = new Chance(draw)
  const schema = chooseSchema(chance)
  const action = chance.one(schema.actions.filter(({ principals }) => principals.length > 0))
  const request = chooseRequest(chance, schema, action)
  const policies = Array.from({ length: 1 + chance.below(4) }, () => {
    // For what is asked, or for something else of the schema.
    const of = chance.once(4) ? chance.one(schema.actions.filter(({ principals }) => principals.length > 0)) : action
    return choosePolicy(chance, schema, of, request)
  })
  const links = chance.once(4)
    ? [{ template: chooseTemplate(chance, schema, action, request), values: { '?principal': request.principal } }]
    : []
  return { schema: schemaText(schema), policies, links, ...request }
})

type Asked = Pick<Generated, 'principal' | 'action' | 'resource'>

function choosePolicy(chance: Chance, schema: Schema, action: ActionType, asked: Asked): string {
  const [principal, resource] = [
    typeFor(chance, action.principals, asked.principal.type),
    typeFor(chance, action.resources, asked.resource.type),
  ]
  const group = action.groups.length > 0 && chance.once(6) ? chance.one(action.groups) : null
  const isAny = group === null && chance.once(20)
  const what = isAny ? 'action' : group === null ? `action == ${named(action.uid)}` : `action in ${named(group)}`
  const who = chance.once(12) ? 'principal' : scopeOf(chance, 'principal', principal, asked.principal)
  const which = chance.once(12) ? 'resource' : scopeOf(chance, 'resource', resource, asked.resource)
  // Of several actions, of which each has a context of its own.
  const of = isAny || group !== null ? { ...action, context: [] } : action
  return statement(chance, schema, [who, what, which], { principal, resource, action: of })
}

function chooseTemplate(chance: Chance, schema: Schema, action: ActionType, asked: Asked): string {
  const [principal, resource] = [asked.principal.type, asked.resource.type]
  const who = chance.one(['principal == ?principal', `principal is ${principal} in ?principal`])
  const head = [who, `action == ${named(action.uid)}`, scopeOf(chance, 'resource', resource, asked.resource)]
  return statement(chance, schema, head, { principal, resource, action })
}

function statement(
  chance: Chance,
  schema: Schema,
  head: readonly string[],
  of: { principal: string; resource: string; action: ActionType },
): string {
  const expressions = new TypedExpressions(chance, schema, chance.once(5))
  const conditions = Array.from({ length: chance.below(3) }, () => {
    return `${chance.one(['when', 'when', 'unless'])} { ${expressions.bool({ ...of, known: new Set() }, 1 + chance.below(3))} }`
  })
  return `${chance.one(['permit', 'permit', 'forbid'])} (${head.join(', ')})\n${conditions.join('\n')};`
}

function typeFor(chance: Chance, all: readonly string[], asked: string): string {
  return all.includes(asked) && !chance.once(6) ? asked : chance.one(all)
}

function scopeOf(chance: Chance, variable: string, type: string, asked: Generated['principal']): string {
  if (type === asked.type && chance.once(5)) return `${variable} == ${named(asked)}`
  return chance.once(8) ? `${variable} is ${type} in ${named(asked)}` : `${variable} is ${type}`
}
