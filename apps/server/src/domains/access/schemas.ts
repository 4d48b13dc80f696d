import type { Permission } from '@probity/contract'
import { Breath } from '../../platform/breath.ts'
import { refusedField } from '../../platform/errors.ts'
import { printEntity } from './cedar/print.ts'
import { firstProblems } from './cedar/schema.ts'
import { UnreadablePolicy } from './cedar/text.ts'
import { EntityReference } from './cedar/value.ts'
import { ACTION } from './kinds.ts'
import { extentOf } from './permissions.ts'

/** What a schema says of types and attributes holds in all of some statements, each of which stands somewhere. */
interface Beside {
  schema: string
  schemaAt: string
  statements: readonly { cedar: string; at: string }[]
}

/** Schemas of one role: each is read anew. */
const MOST_SCHEMAS = 10

/** Throws VALIDATION_FAILED with where the first problem is, or for a schema that cannot be read. */
export async function requireFitting({ schema, schemaAt, statements }: Beside): Promise<void> {
  try {
    const all = statements.map(({ cedar }) => cedar)
    const problems = await firstProblems(schema, all)
    const [first] = problems
    if (!first) return
    const at = statements[first.place]?.at ?? schemaAt
    const told = problems.filter(({ place }) => (statements[place]?.at ?? schemaAt) === at).slice(0, 20)
    throw refusedField(at, `does not fit the schema: ${told.map(({ message }) => message).join('; ')}`)
  } catch (error) {
    if (error instanceof UnreadablePolicy) throw refusedField(schemaAt, `cannot be read: ${error.message}`)
    throw error
  }
}

/** Expressions of a role's own fit the schemas beside them. They are readable. Throws VALIDATION_FAILED. */
export async function requireFittingRole(permissions: readonly Permission[], pointer: string): Promise<void> {
  const bySchema = new Map<string, { schemaAt: string; statements: { cedar: string; at: string }[] }>()
  for (const [i, permission] of permissions.entries())
    for (const [j, condition] of permission.conditions.entries()) {
      if (condition.type !== 'cedar' || condition.schema === undefined) continue
      const at = `${pointer}/${i}/conditions/${j}`
      const beside = bySchema.get(condition.schema) ?? { schemaAt: `${at}/schema`, statements: [] }
      beside.statements.push({ cedar: statementOf(permission, condition.expression), at })
      bySchema.set(condition.schema, beside)
    }
  if (bySchema.size > MOST_SCHEMAS) throw refusedField(pointer, `has at most ${MOST_SCHEMAS} schemas`)
  const breath = new Breath()
  for (const [schema, beside] of bySchema) {
    await requireFitting({ schema, ...beside })
    await breath.take()
  }
}

/** For whomever the schema lets do it: who is in a role is no matter of it. */
function statementOf({ resource, action }: Permission, expression: string): string {
  const { resource_type: type, resource_id: id } = extentOf(resource)
  const one = type !== null && id !== null ? printEntity(new EntityReference(type, id)) : null
  const what = action === '*' ? 'action' : `action == ${printEntity(new EntityReference(ACTION, action))}`
  const which = type === null ? 'resource' : one === null ? `resource is ${type}` : `resource == ${one}`
  return `permit (principal, ${what}, ${which}) when {\n${expression}\n};`
}
